#include "config/consistency.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "config/compose/compose.h"
#include "config/plugins/foreign.h"
#include "core/text/number.h"

namespace sinkmoe::config {

namespace {

// Limits on the size of a run, checked before anything is allocated.
constexpr double kMostParameters = 2e10, kMostTokensPerStep = 1e9;

using List = std::vector<Inconsistency>;

void add(List& list, std::vector<std::string> keys, std::string what, std::string fix) {
  list.push_back({std::move(keys), {std::move(what), "", std::move(fix)}});
}

std::string equals(const char* key, int64_t value) {
  return std::string(key) + " = " + std::to_string(value);
}

void check_shape(const ModelConfig& m, List& list) {
  if (m.width % m.heads != 0)
    add(list, {"model.width", "model.heads"},
        equals("model.width", m.width) + " is not divisible by " + equals("model.heads", m.heads),
        "every head is width / heads channels wide");
  else if (m.positions == Positions::rotary && (m.width / m.heads) % 2 != 0)
    add(list, {"model.heads", "model.width", "model.positions"},
        "heads of " + std::to_string(m.width / m.heads) + " channels cannot be rotated in pairs",
        "make model.width / model.heads even, or set model.positions = \"learned\"");
  if (m.mlp_ratio * static_cast<double>(m.width) < 1)
    add(list, {"model.mlp_ratio", "model.width"},
        "model.mlp_ratio = " + shortest(m.mlp_ratio) + " leaves the feed-forward part no channel",
        "raise model.mlp_ratio");
  if (m.kv_heads != 0 && m.heads % m.kv_heads != 0)
    add(list, {"model.kv_heads", "model.heads"},
        equals("model.heads", m.heads) + " is not divisible by " +
            equals("model.kv_heads", m.kv_heads),
        "every key/value head serves heads / kv_heads query heads; 0 means as many as heads");
}

void check_training(const RunConfig& c, List& list) {
  if (c.balance.shared_heads >= c.model.heads)
    add(list, {"balance.shared_heads", "model.heads"},
        equals("balance.shared_heads", c.balance.shared_heads) + " leaves no head of " +
            equals("model.heads", c.model.heads) + " to balance",
        "give fewer shared heads than heads");
  if (c.train.adam_eps == 0)
    add(list, {"train.adam_eps"},
        "train.adam_eps = 0 divides 0 by 0 for a weight that has had no gradient",
        "the default is 1e-8");
  if (c.train.batch % c.train.micro_batches != 0)
    add(list, {"train.micro_batches", "train.batch"},
        equals("train.batch", c.train.batch) + " is not divisible by " +
            equals("train.micro_batches", c.train.micro_batches),
        "every micro-batch has batch / micro_batches rows");
  if (c.train.lora_rank > 0 && c.train.control == Control::frozen_attention)
    add(list, {"train.lora_rank", "train.control"},
        equals("train.lora_rank", c.train.lora_rank) +
            " trains attention, which train.control = frozen_attention keeps as it is",
        "choose one of them");
  if (c.train.lora_form == LoraForm::peft && c.train.lora_rank == 0)
    add(list, {"train.lora_form", "train.lora_rank"}, "train.lora_form = peft has no adapters",
        "set train.lora_rank");
  if (c.train.lora_form == LoraForm::peft && c.run.device == Device::cuda)
    add(list, {"train.lora_form", "run.device"}, "train.lora_form = peft computes on a CPU only",
        "use train.lora_form = joint");
  if (!c.train.init_hash.empty() && c.train.init_checkpoint.empty())
    add(list, {"train.init_hash", "train.init_checkpoint"},
        "train.init_hash names a model, but train.init_checkpoint no folder",
        "set train.init_checkpoint; the program computes the hash");
  if (!c.train.init_from.empty() && !c.train.init_checkpoint.empty())
    add(list, {"train.init_from", "train.init_checkpoint"},
        "train.init_from and train.init_checkpoint are both set", "a run has one start: keep one");
  const std::string& parent = c.train.init_from;
  const bool hex = parent.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (!parent.empty() && (parent.size() != 12 || !hex))
    add(list, {"train.init_from"}, "train.init_from is '" + parent + "', which is not a run_id",
        "a run id has 12 hexadecimal digits; in a sweep use init_from in the block");
}

void check_evaluation(const RunConfig& c, List& list) {
  if (!c.eval.tasks.empty() && c.data.source != "text")
    add(list, {"eval.tasks", "data.source"},
        "eval.tasks asks questions in words, but data.source = " + c.data.source +
            " has no tokenizer",
        "set data.source = text, or leave eval.tasks empty");
}

void check_ranks(const RunConfig& c, List& list) {
  const int64_t rows = c.train.batch / c.train.micro_batches;
  if (c.run.ranks > rows)
    add(list, {"run.ranks", "train.batch", "train.micro_batches"},
        equals("run.ranks", c.run.ranks) + " leaves ranks without one of the " +
            std::to_string(rows) + " rows of a micro-batch",
        "use at most as many ranks as train.batch / train.micro_batches");
}

void check_device(const RunSection& run, List& list) {
  if (run.device == Device::cpu && run.precision == Precision::bf16)
    add(list, {"run.precision", "run.device"}, "run.precision = bf16 needs run.device = cuda",
        "the CPU computes in fp32");
  if (run.device == Device::cpu && run.mode == Mode::fast)
    add(list, {"run.mode", "run.device"}, "run.mode = fast needs run.device = cuda",
        "the CPU has the exact mode only");
}

void check_size(const RunConfig& c, List& list) {
  const double width = static_cast<double>(c.model.width);
  const double per_layer = width * width * (2 + 2 * c.model.mlp_ratio);
  const double parameters = static_cast<double>(c.model.layers) * per_layer;
  if (parameters > kMostParameters)
    add(list, {"model.width", "model.layers", "model.mlp_ratio"},
        "the model would have over " + shortest(kMostParameters) + " parameters",
        "lower model.width or model.layers");
  const double rows = static_cast<double>(c.train.batch / c.train.micro_batches);
  if (rows * static_cast<double>(c.data.context) > kMostTokensPerStep)
    add(list, {"train.batch", "data.context"},
        "a micro-batch would hold over " + shortest(kMostTokensPerStep) + " tokens",
        "lower train.batch or data.context, or raise train.micro_batches");
}

// The largest factor of train.lr while the warm-up rises and the decay falls; they cross once.
double peak_of_cut_warmup(const TrainConfig& t) {
  const double steps = static_cast<double>(t.steps), warmup = static_cast<double>(t.warmup),
               decay = t.decay_fraction * steps;
  double peak = 0;
  const double crossing =
      decay > 0 ? std::floor((steps * warmup - decay) / (warmup + decay)) : steps - 1;
  for (const double s : {crossing, crossing + 1})
    if (s >= 0 && s < steps)
      peak = std::max(peak, std::min((s + 1) / warmup, decay > 0 ? (steps - s) / decay : 1.0));
  return peak;
}

}  // namespace

std::vector<Inconsistency> find_inconsistencies(const RunConfig& config) {
  List list;
  // `sinkmoe heads` measures models of other shapes and sizes than our own decoder has.
  const bool measured = config.data.source == "rows";
  if (!measured) check_shape(config.model, list);
  check_training(config, list);
  check_evaluation(config, list);
  check_device(config.run, list);
  check_ranks(config, list);
  if (!measured) check_size(config, list);
  return list;
}

std::vector<Problem> inconsistencies(const RunConfig& config) {
  std::vector<Problem> problems;
  for (Inconsistency& found : find_inconsistencies(config))
    problems.push_back(std::move(found.problem));
  for (Inconsistency& found : find_foreign_options(config))
    problems.push_back(std::move(found.problem));
  return problems;
}

std::vector<Problem> doubts(const RunConfig& config) {
  const TrainConfig& t = config.train;
  std::vector<Problem> problems;
  if (t.steps > 0 && t.warmup > t.steps)
    problems.push_back(
        {fmt::format("{} is longer than {}: the learning rate reaches {:.2g} of train.lr at most",
                     equals("train.warmup", t.warmup), equals("train.steps", t.steps),
                     peak_of_cut_warmup(t)),
         "", fmt::format("train.warmup={} is a tenth of the steps", (t.steps + 9) / 10)});
  return problems;
}

}  // namespace sinkmoe::config
