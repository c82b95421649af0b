#include "train/probes/probes.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <string>

#include "metrics/gate_identity.h"
#include "metrics/head_geometry.h"
#include "metrics/key_weights.h"
#include "metrics/probe_math.h"
#include "train/probes/ablation.h"
#include "train/probes/left_out.h"
#include "train/probes/outliers.h"
#include "train/probes/probe_rows.h"
#include "train/probes/probe_sample.h"
#include "train/probes/random_subsets.h"
#include "train/probes/worth.h"

namespace sinkmoe::train {

namespace {

constexpr int64_t kTokens = 32768;
// The number of ablation passes grows with the number of heads, so the sample shrinks.
constexpr int64_t kAblationBudget = 131072, kFewestTokens = 4096;

// The results of one pass over the sample that observes single heads.
struct Seen {
  metrics::HeadGeometry geometry;
  metrics::KeyWeights keys;
  double identity_error = 0;
};

Seen look_at_heads(const model::Decoder& model, const ProbeSample& sample) {
  const config::ModelConfig& m = model.config().model;
  Seen seen{metrics::HeadGeometry(m.layers, m.heads), metrics::KeyWeights(m.layers, m.heads)};
  const model::HeadProbe probe = [&](int64_t layer, const attention::HeadIn& in,
                                     const attention::HeadOut& out) {
    seen.geometry.add(layer, in, out, model.mixer(layer), model.out_weight_CC(layer));
    seen.keys.add(layer, in, out, model.mixer(layer));
    seen.identity_error =
        std::max(seen.identity_error, metrics::gate_identity_error(in, out, model.mixer(layer)));
  };
  sample.loss(model, {.probe = &probe});
  return seen;
}

void add_left_out(ProbeRowWriter& rows, const model::Decoder& model, const ProbeSample& sample,
                  double loss) {
  rows.run("probe/zero_first_value", loss_without_value(model, sample, true) - loss);
  rows.run("probe/zero_random_value", loss_without_value(model, sample, false) - loss);
  for (const auto& [name, part] : {std::pair("drop_first_term", LeftOut::first_term),
                                   std::pair("drop_random_term", LeftOut::control_term),
                                   std::pair("drop_random_direction", LeftOut::direction)})
    rows.run(std::string("probe/") + name, loss_without(part, model, sample) - loss);
}

void add_heads(ProbeRowWriter& rows, const Seen& seen) {
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
  rows.heads("head/second_weight", seen.keys.largest_LH());
  rows.heads("head/second_position", seen.keys.position_LH());
  rows.heads("head/second_weight_row", seen.keys.largest_of_row_LH());
  rows.largest("probe/second_weight", seen.keys.largest_LH());
  rows.largest("probe/second_weight_row", seen.keys.largest_of_row_LH());
  rows.rows().histograms = g.histograms(rows.step());
}

void add_outliers(ProbeRowWriter& rows, const model::Decoder& model, const ProbeSample& sample,
                  double loss) {
  const Outliers o = find_outliers(model, sample);
  rows.layers("layer/residual_kurtosis", o.residual_kurtosis_L);
  rows.layers("layer/output_kurtosis", o.output_kurtosis_L);
  rows.layers("layer/max_activation", o.max_activation_L);
  rows.largest("probe/max_activation", o.max_activation_L);
  rows.mean("probe/residual_kurtosis", o.residual_kurtosis_L);
  rows.run("probe/int8_loss", int8_loss(model, sample, o) - loss);
}

using SampleOf = std::function<ProbeSample(ProbeSample::Rows)>;

// The areas are scored on the first rows, at most half of all; the gradient is taken on the rows
// after them, because it reads the targets.
void add_areas(ProbeRowWriter& rows, Ablation& ablation, const SampleOf& sample_of,
               int64_t all_rows, Criteria criteria_LH) {
  const model::Decoder& model = ablation.model();
  const config::RunConfig& config = model.config();
  const int64_t scored_rows = std::clamp<int64_t>(compared_tokens(config) / config.data.context, 1,
                                                  std::max<int64_t>(1, all_rows / 2));
  if (const int64_t left = all_rows - scored_rows; left > 0) {
    const ProbeSample other = sample_of({scored_rows, std::min(ablation.sample().rows(), left)});
    criteria_LH.emplace_back("gradient", gradient_importance_LH(model, other));
    rows.heads("head/gradient_apart", criteria_LH.back().second);
  }
  const auto seed = static_cast<uint64_t>(config.train.seed);
  if (scored_rows == ablation.sample().rows()) return add_rises(rows, ablation, seed, criteria_LH);
  const ProbeSample scored = sample_of({0, scored_rows});
  Ablation apart(model, scored);
  add_rises(rows, apart, seed, criteria_LH);
}

void add_ablations(ProbeRowWriter& rows, Ablation& ablation, const Criteria& means_LH,
                   const at::Tensor& contribution_LH) {
  const at::Tensor gradient = gradient_importance_LH(ablation.model(), ablation.sample());
  rows.heads("head/gradient", gradient);
  Criteria criteria = means_LH;
  criteria.emplace_back("contribution", contribution_LH);
  add_worth(rows, ablation, criteria);
  criteria.back() = {"gradient", gradient};
  add_curves(rows, ablation, criteria);
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
  ProbeRowWriter rows(step);
  const config::RunConfig& config = model.config();
  if (config.eval.probes == config::Probes::terms) {
    const ProbeSample sample(source, config, std::min(kTokens, config.eval.final_tokens), device,
                             alive);
    add_left_out(rows, model, sample, sample.loss(model));
    return std::move(rows.rows());
  }
  rows.run("probe/cv_importance", metrics::mean_cv(heads.importance_LH()));
  const ProbeSample sample(source, config, kTokens, device, alive);
  const double loss = sample.loss(model);
  add_left_out(rows, model, sample, loss);
  const Seen seen = look_at_heads(model, sample);
  add_heads(rows, seen);
  add_outliers(rows, model, sample, loss);
  const ProbeSample few(source, config, ablation_tokens(config), device, alive);
  Ablation ablation(model, few);
  const Criteria means = {{"importance", heads.importance_LH()}, {"out_norm", heads.out_norm_LH()}};
  const auto sample_of = [&](ProbeSample::Rows of) {
    return ProbeSample(source, config, of, device, alive);
  };
  add_areas(rows, ablation, sample_of, evaluation_rows(source, config), means);
  add_ablations(rows, ablation, means, seen.geometry.contribution_LH());
  return std::move(rows.rows());
}

}  // namespace sinkmoe::train
