// The measure "heads": one forward pass over the rows, with statistics of every head.
#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <chrono>
#include <cmath>
#include <map>
#include <numbers>
#include <set>

#include "core/error.h"
#include "core/registry.h"
#include "inference/in_parallel.h"
#include "inference/stream.h"
#include "metrics/metrics.h"
#include "pretrained/heads.h"

namespace sinkmoe::inference {

using namespace pretrained;

namespace {

constexpr int64_t kShortContext = 64;

Grid grid_of(const at::Tensor& x_LH) {
  Grid out;
  for (int64_t l = 0; l < x_LH.size(0); ++l) {
    out.emplace_back();
    for (int64_t h = 0; h < x_LH.size(1); ++h) out.back().push_back(x_LH[l][h].item<double>());
  }
  return out;
}

// Statistics of the first `T` tokens of the rows. Because attention is causal, shorter rows would
// give the same.
void add_prefix(metrics::HeadStatistics& heads, int64_t layer, const attention::HeadIn& in,
                const attention::HeadOut& out, int64_t T) {
  const auto cut = [&](const at::Tensor& x) { return x.defined() ? x.narrow(2, 0, T) : x; };
  heads.add(layer,
            {.q_BHTK = cut(in.q_BHTK),
             .k_BJTK = cut(in.k_BJTK),
             .v_BJTK = cut(in.v_BJTK),
             .scale = in.scale},
            {.out_BHTK = cut(out.out_BHTK),
             .gate_BHT = cut(out.gate_BHT),
             .key_mass = cut(out.key_mass.mass_BHT),
             .first_weight_BHT = cut(out.first_weight_BHT)});
}

// [R, T + 1]
at::Tensor ids_of(const TokenRows& rows) {
  const auto width = static_cast<int64_t>(rows.rows.front().size());
  const at::Tensor ids = at::empty({static_cast<int64_t>(rows.rows.size()), width}, at::kLong);
  int64_t* next = ids.data_ptr<int64_t>();
  for (const auto& row : rows.rows) {
    if (static_cast<int64_t>(row.size()) != width || width < 2)
      throw Error("rows of different lengths, or of less than two tokens", "rows");
    for (const int32_t id : row) *next++ = id;
  }
  return ids;
}

const std::vector<MetricInfo> kShortInfos = {
    {"eval/sink_rate_t64", "percent", "", "eval/sink_rate over the first 64 tokens of each row"},
    {"eval/imbalance_t64", "1", "lower", "eval/imbalance over the first 64 tokens of each row"},
    {"head/importance_t64", "1", "", "head/importance over the first 64 tokens of each row"},
    {"head/first_weight_t64", "1", "", "head/first_weight over the first 64 tokens of each row"}};

// The rows of an evaluation, by the code that makes them for trained runs.
metrics::EvaluationResult evaluation_of(const HeadsResult& r,
                                        const metrics::HeadStatistics& heads) {
  metrics::EvaluationResult e;
  e.loss = r.loss;
  e.bits_per_byte = r.bits_per_byte;
  e.take_heads(heads, kSinkThreshold);
  return e;
}

void add_short_metrics(HeadsResult& r, const metrics::HeadStatistics& prefix) {
  const std::set<std::string> wanted = {"eval/sink_rate", "eval/imbalance", "head/importance",
                                        "head/first_weight"};
  for (MetricRow& row : evaluation_of(r, prefix).rows(0, prefix))
    if (wanted.contains(row.name)) {
      row.name += "_t64";
      r.metrics.push_back(std::move(row));
    }
}

// All numbers of the model; an output matrix that is the embedding counts once.
int64_t all_parameters(const Architecture& a) {
  int64_t sum = parameters(a);
  for (const TensorRef* ref : {&a.embedding, &a.positions, &a.final_norm.weight, &a.final_norm.bias,
                               &a.unembedding.weight, &a.unembedding.bias}) {
    if (!ref->exists() || (a.tied && ref == &a.unembedding.weight)) continue;
    int64_t numbers = 1;
    for (const int64_t size : ref->shape) numbers *= size;
    sum += numbers;
  }
  return sum;
}

void add_metrics(HeadsResult& r, const Architecture& a, const metrics::HeadStatistics& all,
                 const metrics::HeadStatistics& prefix) {
  r.infos = metrics::metric_infos(config::EvalConfig{});
  r.infos.insert(r.infos.end(), kShortInfos.begin(), kShortInfos.end());
  r.metrics = evaluation_of(r, all).rows(0, all);
  if (r.short_context == kShortContext) add_short_metrics(r, prefix);
  for (MetricRow& row : r.metrics)
    if (row.layer >= 0) row.layer = layer_of(r, static_cast<size_t>(row.layer));
  r.metrics.push_back({"model/parameters", 0, -1, -1, static_cast<double>(all_parameters(a))});
}

// The layers whose heads have a softmax. Throws Error if there is none.
std::vector<int64_t> softmax_layers(const Model& model) {
  std::vector<int64_t> out;
  const std::vector<Layer>& layers = model.architecture.layers;
  for (size_t i = 0; i < layers.size(); ++i)
    if (!layers[i].delta.exists()) out.push_back(static_cast<int64_t>(i));
  if (out.empty())
    throw Error("no layer has softmax attention, so there are no sinks to measure",
                model.folder.string());
  return out;
}

HeadsResult measure(const Model& model, const TokenRows& rows,
                    const std::function<void(double)>& progress) {
  const at::NoGradGuard no_grad;
  const Architecture& a = model.architecture;
  const at::Tensor ids = ids_of(rows);
  const std::vector<int64_t> measured = softmax_layers(model);
  std::map<int64_t, int64_t> row_of;  // by layer
  for (const int64_t layer : measured) row_of.emplace(layer, std::ssize(row_of));
  const int64_t T = rows.context(), L = std::ssize(measured);
  metrics::HeadStatistics all(L, a.heads), prefix(L, a.heads);
  const StreamOptions options{
      .probe =
          [&](int64_t layer, const attention::HeadIn& in, const attention::HeadOut& out) {
            all.add(row_of.at(layer), in, out);
            add_prefix(prefix, row_of.at(layer), in, out, std::min(T, kShortContext));
          },
      .progress = progress};
  const at::Tensor hidden = hidden_states(model, ids.narrow(1, 0, T).contiguous(), options);
  const at::Tensor loss = token_losses(model, hidden, ids.narrow(1, 1, T).reshape({-1}), options);
  HeadsResult r{.rows = ids.size(0), .context = T};
  const double sum = loss.to(at::kDouble).sum().item<double>();
  if (!std::isfinite(sum))
    throw Error("the loss is not finite", model.folder.string(),
                "the weights may be damaged, or need more range than fp32 activations have");
  r.loss = sum / static_cast<double>(loss.size(0));
  if (rows.target_bytes)
    r.bits_per_byte = sum / std::numbers::ln2 / static_cast<double>(*rows.target_bytes);
  r.importance = grid_of(all.importance_LH());
  r.first_weight = grid_of(all.first_weight_LH());
  r.value_ratio = grid_of(all.value_ratio_LH());
  r.out_norm = grid_of(all.out_norm_LH());
  r.gate_low = grid_of(all.gate_quantile_LH(0.1));
  r.gate_high = grid_of(all.gate_quantile_LH(0.9));
  r.short_context = std::min(T, kShortContext);
  r.short_importance = grid_of(prefix.importance_LH());
  r.short_first_weight = grid_of(prefix.first_weight_LH());
  r.cv = grid_of(metrics::cv_L(all.importance_LH()).unsqueeze(0)).front();
  r.layers = measured;
  add_metrics(r, a, all, prefix);
  for (const int64_t index : measured) {
    const Layer& layer = a.layers[static_cast<size_t>(index)];
    r.windowed.push_back(layer.window > 0 && layer.window < T);
    r.learned_sinks = r.learned_sinks || layer.sinks.exists();
    r.gated = r.gated || layer.head_gate.weight.exists();
  }
  return r;
}

// Times products of the model's size, each thread alone as in the forward pass, for about a tenth
// of a second.
double flops_per_second(const Architecture& a) {
  using clock = std::chrono::steady_clock;
  constexpr double kEnough = 0.1;
  const at::Tensor x = at::ones({512, std::min<int64_t>(a.width, 2048)}, at::kFloat),
                   w = at::ones({std::min<int64_t>(a.feed, 4096), x.size(1)}, at::kFloat);
  double sum = 0;
  in_parallel(at::get_num_threads(), [&](int64_t) {
    at::linear(x, w);
    const auto start = clock::now();
    double flops = 0, seconds = 0;
    while (seconds < kEnough) {
      at::linear(x, w);
      flops += 2.0 * static_cast<double>(x.size(0) * w.numel());
      seconds = std::chrono::duration<double>(clock::now() - start).count();
    }
    return [&sum, rate = flops / seconds] { sum += rate; };
  });
  return sum;
}

MeasureCost cost(const Model& model, int64_t rows, int64_t context) {
  // Everything except products adds about half of their time. Reading, checking and converting
  // weights runs at about 1 GB per second.
  constexpr double kOverhead = 1.5, kBytesPerSecond = 1e9;
  const Cost needed = stream_cost(model, rows, context);
  return {.seconds = kOverhead * needed.flops / flops_per_second(model.architecture) +
                     static_cast<double>(model.weights.bytes()) / kBytesPerSecond,
          .peak_bytes = needed.peak_bytes};
}

const Registration<Measure> registration{{.name = "heads",
                                          .help = "importance, sinks and loss of a model",
                                          .cost = cost,
                                          .run = measure}};

}  // namespace

}  // namespace sinkmoe::inference
