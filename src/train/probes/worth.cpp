#include "train/probes/worth.h"

#include <ATen/ATen.h>

#include "metrics/probe_math.h"

namespace sinkmoe::train {

namespace {

constexpr double kUseful = 0.001;  // nats

}  // namespace

void add_worth(ProbeRowWriter& rows, Ablation& ablation, const Criteria& criteria_LH) {
  const at::Tensor worth_LH = ablation.single_LH(), positive_LH = worth_LH.clamp_min(0);
  rows.heads("head/ablation", worth_LH);
  rows.layers("layer/ablation", ablation.layer_L());
  rows.layers("layer/worth", positive_LH.sum(1));
  rows.run("probe/ablation_total", positive_LH.sum().item<double>());
  rows.run("probe/cv_ablation", metrics::mean_cv(worth_LH));
  rows.run("probe/cv_ablation_model", metrics::mean_cv(worth_LH.view({1, -1})));
  const at::Tensor useful_LH = (worth_LH > kUseful).to(at::kDouble);
  rows.layers("layer/useful_heads", useful_LH.sum(1));
  rows.run("probe/useful_heads", useful_LH.sum().item<double>());
  rows.run("probe/useful_share_min", useful_LH.mean(1).min().item<double>());
  for (const auto& [name, criterion_LH] : criteria_LH) {
    rows.run("probe/rank_" + name, metrics::rank_correlation(criterion_LH, worth_LH));
    for (int64_t l = 0; l < worth_LH.size(0); ++l)
      if (const auto rank = metrics::rank_correlation(criterion_LH[l], worth_LH[l]))
        rows.at("layer/rank_" + name, l, -1, *rank);
  }
}

}  // namespace sinkmoe::train
