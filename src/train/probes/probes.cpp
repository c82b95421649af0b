#include "train/probes/probes.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string>

#include "core/random.h"
#include "metrics/gate_identity.h"
#include "metrics/head_geometry.h"
#include "metrics/probe_math.h"
#include "train/probes/ablation.h"
#include "train/probes/outliers.h"
#include "train/probes/probe_sample.h"

namespace sinkmoe::train {

namespace {

constexpr int64_t kTokens = 32768;
// The number of ablation passes grows with the number of heads, so the sample shrinks.
constexpr int64_t kAblationBudget = 131072, kFewestTokens = 4096;

class Rows {
 public:
  explicit Rows(int64_t step) : step_(step) {}
  void run(const std::string& name, double value) {
    out_.metrics.push_back({name, step_, -1, -1, value});
  }
  void mean(const std::string& name, const at::Tensor& x) { run(name, x.mean().item<double>()); }
  void layers(const std::string& name, const at::Tensor& x_L) {
    for (int64_t l = 0; l < x_L.size(0); ++l)
      out_.metrics.push_back({name, step_, static_cast<int>(l), -1, x_L[l].item<double>()});
  }
  void heads(const std::string& name, const at::Tensor& x_LH) {
    for (int64_t l = 0; l < x_LH.size(0); ++l)
      for (int64_t h = 0; h < x_LH.size(1); ++h)
        out_.metrics.push_back(
            {name, step_, static_cast<int>(l), static_cast<int>(h), x_LH[l][h].item<double>()});
  }
  ProbeRows& out() { return out_; }

 private:
  int64_t step_;
  ProbeRows out_;
};

// C2: the loss without the value of token 0, and without that of a random other token of each row,
// in every layer and head.
double loss_without_value(const model::Decoder& model, const ProbeSample& sample, bool first) {
  const int64_t T = model.config().data.context;
  auto position = [&](int64_t row) -> int64_t {
    if (first) return 0;
    return 1 + static_cast<int64_t>(Draw(0, "probe/value", 0, static_cast<uint64_t>(row))
                                        .below(static_cast<uint64_t>(T - 1)));
  };
  model::ValueEdit edit;
  return sample.loss(model, [&](const ProbeSample::Part& part) -> model::ForwardOptions {
    const int64_t B = part.batch.ids_BT.size(0);
    at::Tensor keep = at::ones({B, 1, T, 1});
    for (int64_t b = 0; b < B; ++b) keep[b][0][position(part.first_row + b)] = 0;
    edit = [keep](int64_t, const at::Tensor& v) { return v * keep.to(v.options()); };
    return {.edit_values = &edit};
  });
}

// The results of one pass over the sample that observes single heads.
struct Seen {
  metrics::HeadGeometry geometry;
  double identity_error = 0;
};

Seen look_at_heads(const model::Decoder& model, const ProbeSample& sample) {
  Seen seen{metrics::HeadGeometry(model.config().model.layers, model.config().model.heads)};
  const model::HeadProbe probe = [&](int64_t layer, const attention::HeadIn& in,
                                     const attention::HeadOut& out) {
    seen.geometry.add(layer, in, out, model.mixer(layer), model.out_weight_CC(layer));
    seen.identity_error =
        std::max(seen.identity_error, metrics::gate_identity_error(in, out, model.mixer(layer)));
  };
  sample.loss(model, {.probe = &probe});
  return seen;
}

void add_heads(Rows& rows, const Seen& seen, int64_t step) {
  const metrics::HeadGeometry& g = seen.geometry;
  rows.run("probe/identity_error", seen.identity_error);
  rows.heads("head/first_write", g.first_write_LH());
  rows.heads("head/contribution", g.contribution_LH());
  rows.run("probe/cv_contribution", metrics::mean_cv(g.contribution_LH()));
  const std::pair<const char*, at::Tensor> both[] = {{"out_rank", g.out_rank_LH()},
                                                     {"key_rank", g.key_rank_LH()},
                                                     {"cos_query_first", g.cos_query_first_LH()},
                                                     {"cos_key_first", g.cos_key_first_LH()}};
  for (const auto& [name, x_LH] : both) {
    rows.heads(std::string("head/") + name, x_LH);
    rows.mean(std::string("probe/") + name, x_LH);
  }
  rows.out().histograms = g.histograms(step);
}

void add_outliers(Rows& rows, const model::Decoder& model, const ProbeSample& sample, double loss) {
  const Outliers o = find_outliers(model, sample);
  rows.layers("layer/residual_kurtosis", o.residual_kurtosis_L);
  rows.layers("layer/output_kurtosis", o.output_kurtosis_L);
  rows.layers("layer/max_activation", o.max_activation_L);
  rows.run("probe/max_activation", o.max_activation_L.max().item<double>());
  rows.mean("probe/residual_kurtosis", o.residual_kurtosis_L);
  rows.run("probe/int8_loss", int8_loss(model, sample, o) - loss);
}

void add_ablations(Rows& rows, const model::Decoder& model, const ProbeSample& sample,
                   const metrics::HeadStatistics& heads, int64_t step) {
  const at::Tensor gradient = gradient_importance_LH(model, sample);
  Ablation ablation(model, sample);
  const at::Tensor single = ablation.single_LH();
  rows.heads("head/gradient", gradient);
  rows.heads("head/ablation", single);
  rows.run("probe/cv_ablation", metrics::mean_cv(single));
  rows.run("probe/cv_ablation_model", metrics::mean_cv(single.view({1, -1})));
  rows.run("probe/ablation_total", single.clamp_min(0).sum().item<double>());
  for (MetricRow& row : ablation_rows(ablation,
                                      {{"importance", heads.importance_LH()},
                                       {"out_norm", heads.out_norm_LH()},
                                       {"gradient", gradient}},
                                      step))
    rows.out().metrics.push_back(std::move(row));
}

}  // namespace

int64_t probe_tokens() { return kTokens; }

int64_t ablation_tokens(const config::RunConfig& config) {
  return std::clamp(kAblationBudget / (config.model.layers * config.model.heads), kFewestTokens,
                    kTokens);
}

ProbeRows run_probes(const model::Decoder& model, const data::DataSource& source,
                     const metrics::HeadStatistics& heads, int64_t step, at::Device device,
                     const std::function<void()>& alive) {
  Rows rows(step);
  const config::RunConfig& config = model.config();
  rows.run("probe/cv_importance", metrics::mean_cv(heads.importance_LH()));
  const ProbeSample sample(source, config, kTokens, device, alive);
  const double loss = sample.loss(model);
  rows.run("probe/zero_first_value", loss_without_value(model, sample, true) - loss);
  rows.run("probe/zero_random_value", loss_without_value(model, sample, false) - loss);
  add_heads(rows, look_at_heads(model, sample), step);
  add_outliers(rows, model, sample, loss);
  add_ablations(rows, model, ProbeSample(source, config, ablation_tokens(config), device, alive),
                heads, step);
  return std::move(rows.out());
}

}  // namespace sinkmoe::train
