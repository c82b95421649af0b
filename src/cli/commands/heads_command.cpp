// sinkmoe heads: what the attention heads of a pretrained model do, as a table and as a page.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "cli/models/measured_run.h"
#include "cli/status_line.h"
#include "core/file.h"
#include "core/text/count.h"
#include "core/text/duration.h"
#include "core/text/split_join.h"
#include "core/text/utf8.h"
#include "pretrained/heads.h"
#include "pretrained/page/page.h"
#include "pretrained/rows/rows.h"
#include "pretrained/rows/texts.h"
#include "pretrained/rows/tokenizer.h"
#include "queue/build_info.h"

namespace sinkmoe::cli {

namespace {

namespace fs = std::filesystem;
using namespace pretrained;

// Shows the fraction done and the time left.
class HeadsProgress {
 public:
  explicit HeadsProgress(bool quiet)
      : line_({.quiet = quiet, .terminal_seconds = 0.5, .log_seconds = 10, .stays = true}) {}
  void operator()(double done) {
    if (!line_.due(done >= 1)) return;
    const double left = done > 0 ? seconds_since(start_) / done * (1 - done) : 0;
    line_.show(fmt::format("{:3.0f}% done, {} left", 100 * done, rough_time(left)));
  }

 private:
  StatusLine line_;
  Clock::time_point start_ = Clock::now();
};

struct Input {
  TokenRows rows;
  std::string text, bos;  // shown on the page
  int64_t bos_id = -1;
};

// The id that starts each row, according to --bos.
std::optional<int32_t> bos_of(const std::string& choice, const Architecture& a, bool usual) {
  if (choice != "yes" && choice != "no" && choice != "auto")
    throw Error("--bos is '" + choice + "'", "sinkmoe heads", "give yes, no or auto");
  if (choice == "no" || (choice == "auto" && !usual)) return {};
  if (a.bos < 0) throw Error("the model has no BOS token", "sinkmoe heads", "give --bos no");
  return static_cast<int32_t>(a.bos);
}

// The rows of a file of ids are taken as they are.
Input read_ids(const std::string& file, const po::variables_map& values) {
  for (const char* option : {"context", "rows", "bos"})
    if (!values[option].defaulted())
      throw Error(fmt::format("--{} is for texts: the rows of --ids are taken as they are", option),
                  "sinkmoe heads", "leave it out, or write the rows in that form");
  return {pretrained::read_rows(file),
          fmt::format("token ids of {}", fs::path(file).filename().string()),
          "the first id of each row"};
}

Input read_text(const Model& model, const std::vector<fs::path>& paths,
                const po::variables_map& values) {
  constexpr uint64_t kMaxText = uint64_t{64} << 20;
  const auto tokenizer = open_tokenizer(model);
  const pretrained::Texts texts = read_texts(paths, kMaxText);
  const std::optional<int32_t> bos =
      bos_of(values["bos"].as<std::string>(), model.architecture, tokenizer->adds_bos());
  std::vector<data::EncodedText> documents;
  for (const std::string& text : texts.contents) documents.push_back(tokenizer->encode(text));
  const RowOptions options{
      .context = values["context"].as<int64_t>(), .rows = values["rows"].as<int64_t>(), .bos = bos};
  if (options.context < 1 || options.context > model.architecture.max_positions)
    throw Error(fmt::format("--context is {}", options.context), "sinkmoe heads",
                fmt::format("give 1 to {}", model.architecture.max_positions));
  if (options.rows < 1)
    throw Error(fmt::format("--rows is {}", options.rows), "sinkmoe heads", "give 1 or more");
  return {cut_rows(documents, options), texts.description,
          bos ? fmt::format("BOS (id {})", *bos) : "the text itself, no BOS", bos.value_or(-1)};
}

void print_start(const Model& model, const TokenRows& rows, const MeasureCost& cost) {
  const Architecture& a = model.architecture;
  std::cerr << fmt::format(
      "{}: {}, {}, {}, {:.1f} million parameters in layers, {:.2f} GB of weights\n"
      "{} of {} tokens; needs about {:.2f} GB of memory and {}\n",
      model.name(), a.family, counted(std::ssize(a.layers), "layer"), counted(a.heads, "head"),
      static_cast<double>(parameters(a)) / 1e6, static_cast<double>(model.weights.bytes()) / 1e9,
      counted(std::ssize(rows.rows), "row"), rows.context(),
      static_cast<double>(cost.peak_bytes) / 1e9 + 0.25, rough_time(cost.seconds));
}

std::string names_of(const std::vector<HeadName>& heads) {
  constexpr size_t kMost = 12;
  if (heads.empty()) return "none";
  std::string out = join(std::span(heads).first(std::min(kMost, heads.size())), " ",
                         [](const HeadName& h) { return fmt::format("L{}H{}", h.layer, h.head); });
  if (heads.size() > kMost) out += fmt::format(" and {} more", heads.size() - kMost);
  return out;
}

void print_table(const HeadsResult& r) {
  std::cout << "layer  importance  lowest  highest     CV  sink heads  value ratio\n";
  for (size_t l = 0; l < r.importance.size(); ++l) {
    const auto [low, high] = std::minmax_element(r.importance[l].begin(), r.importance[l].end());
    std::cout << fmt::format(
        "{:>5}  {:>10.3f}  {:>6.3f}  {:>7.3f}  {:>5.3f}  {:>9.0f}%  {:>11.3f}{}\n", layer_of(r, l),
        mean(r.importance[l]), *low, *high, r.cv[l],
        percent_above({r.first_weight[l]}, kSinkThreshold), mean(r.value_ratio[l]),
        r.windowed[l] ? "  window" : "");
  }
  std::cout << fmt::format("\nloss {:.4f} nats per token", r.loss);
  if (r.bits_per_byte) std::cout << fmt::format(", {:.3f} bits per byte", *r.bits_per_byte);
  std::cout << fmt::format(
      "\nmean importance {:.3f}, imbalance {:.3f}\n"
      "sink rate at 0.3: {:.1f}% at T = {}, {:.1f}% at T = {}\n"
      "closed heads: {}\ndominant heads: {}\n",
      mean(r.importance), mean(r.cv), percent_above(r.short_first_weight, kSinkThreshold),
      r.short_context, percent_above(r.first_weight, kSinkThreshold), r.context,
      names_of(closed_heads(r)), names_of(dominant_heads(r)));
}

void print_json(const HeadsResult& r, const std::string& page, const std::string& run_id) {
  nlohmann::ordered_json json = {{"rows", r.rows},
                                 {"context", r.context},
                                 {"loss", r.loss},
                                 {"bits_per_byte", nullptr},
                                 {"layers", r.layers},
                                 {"imbalance", mean(r.cv)},
                                 {"layer_cv", r.cv},
                                 {"importance", r.importance},
                                 {"first_weight", r.first_weight},
                                 {"value_ratio", r.value_ratio},
                                 {"out_norm", r.out_norm},
                                 {"gate_q10", r.gate_low},
                                 {"gate_q90", r.gate_high},
                                 {"short_context", r.short_context},
                                 {"short_importance", r.short_importance},
                                 {"short_first_weight", r.short_first_weight},
                                 {"page", page},
                                 {"run_id", run_id}};
  if (r.bits_per_byte) json["bits_per_byte"] = *r.bits_per_byte;
  std::cout << json.dump(1) << "\n";
}

const Measure& measure() {
  if (!Registry<Measure>::all().contains("heads"))
    throw Error("this program was built without LibTorch", "sinkmoe heads",
                "build it with scripts/build.sh cpu-release");
  return Registry<Measure>::get("heads");
}

int heads(const Globals& globals, const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("paths", po::value<std::vector<std::string>>()->required(),
                        "a Hugging Face folder, then texts: files or folders of *.txt")(
      "context", po::value<int64_t>()->default_value(512)->value_name("T"), "tokens per row")(
      "rows", po::value<int64_t>()->default_value(16)->value_name("N"),
      "maximum number of rows, spread over the texts")(
      "bos", po::value<std::string>()->default_value("auto")->value_name("yes|no|auto"),
      "BOS at the start of each row; auto: as the tokenizer does")(
      "ids", po::value<std::string>()->value_name("FILE"),
      "token ids instead of text: one row per line, ids separated by blanks")(
      "adapter", po::value<std::string>()->value_name("DIR"),
      "folder of adapters (peft) of this model; or give it in the model's place")(
      "out", po::value<std::string>()->value_name("DIR"),
      "folder of the page (results/heads/NAME)");
  const auto values = parse(self("heads"), options, "paths", args);
  if (!values) return 0;
  std::vector<fs::path> paths;
  for (const std::string& path : (*values)["paths"].as<std::vector<std::string>>())
    paths.emplace_back(path);
  const fs::path folder = paths.front();
  paths.erase(paths.begin());
  const bool ids = values->count("ids") > 0;
  if (ids && !paths.empty())
    throw Error("both --ids and texts are given", "sinkmoe heads", "give one of the two");
  const Measure& body = measure();
  const std::string adapter =
      values->count("adapter") ? (*values)["adapter"].as<std::string>() : "";
  const Model model = open_model(fs::weakly_canonical(folder),
                                 adapter.empty() ? "" : fs::weakly_canonical(adapter));
  const Input input = ids ? read_ids((*values)["ids"].as<std::string>(), *values)
                          : read_text(model, paths, *values);
  const std::string name = model.name();
  const fs::path out = values->count("out") ? fs::path((*values)["out"].as<std::string>())
                                            : fs::path("results/heads") / name;
  if (!globals.quiet)
    print_start(
        model, input.rows,
        body.cost(model, static_cast<int64_t>(input.rows.rows.size()), input.rows.context()));
  std::string given = adapter.empty() ? folder.string() : adapter;
  while (given.size() > 1 && given.ends_with('/')) given.pop_back();
  const plan::RunSpec run = measured_run({model, input.rows, given, input.text, input.bos_id});
  const bool known = is_stored(globals.db, run.run_id);
  HeadsResult result;
  {
    HeadsProgress progress(globals.quiet);
    result = body.run(model, input.rows, [&](double done) { progress(done); });
  }
  ensure_writable_folder(out);
  const fs::path page = out / "heads.html";
  write_file_atomic(page, heads_page({.name = name,
                                      .text = input.text,
                                      .bos = input.bos,
                                      .version = queue::kBuildInfo.commit,
                                      .architecture = model.architecture,
                                      .result = result}));
  store_measured(globals.db, run, result);
  globals.json ? print_json(result, page.string(), run.run_id) : print_table(result);
  if (!globals.quiet && !globals.json)
    std::cout << printable(fmt::format("page: {}\n{}: run {}{}\n", page.string(),
                                       globals.db.string(), run.run_id,
                                       known ? " (measured before; its rows are kept)" : ""));
  return 0;
}

const Registration<Command> heads_command{
    {.name = "heads",
     .help = "measure the attention heads of a pretrained model: table, page, rows in the database",
     .usage = "MODEL_DIR [TEXT...] [--context T] [--rows N] [--bos yes|no|auto] "
              "[--ids FILE] [--adapter DIR] [--out DIR]",
     .run = heads,
     .torch = true}};

}  // namespace

}  // namespace sinkmoe::cli
