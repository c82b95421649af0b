// Measures which heads a model needs: losses with heads zeroed, in several orders (C5), and the
// gradient importance of Michel et al. (E24).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "core/run/metric.h"
#include "train/probes/probe_sample.h"

namespace sinkmoe::train {

// Losses with sets of heads zeroed; each set is computed once. The index of a head is l H + h.
class Ablation {
 public:
  Ablation(const model::Decoder& model, const ProbeSample& sample);
  int64_t heads() const { return layers_ * heads_; }
  double loss(std::vector<int64_t> zeroed);
  // loss[i]: the first points[i] heads of `order` zeroed.
  std::vector<double> curve(const std::vector<int64_t>& order, const std::vector<int64_t>& points);
  // Loss increase with one head zeroed, [L,H] fp64.
  at::Tensor single_LH();

 private:
  const model::Decoder& model_;
  const ProbeSample& sample_;
  int64_t layers_, heads_;
  std::map<std::vector<int64_t>, double> known_;
};

// Numbers of zeroed heads on a curve: all of 0..n, or 65 evenly spaced ones; always also n / 4.
std::vector<int64_t> ablation_points(int64_t n);

// Heads in ascending order of a criterion [L,H]; ties in the order of layers and heads.
std::vector<int64_t> ascending_order(const at::Tensor& criterion_LH);
// The fixed random order `index` of n heads, the same in every run.
std::vector<int64_t> random_order(int64_t n, int64_t index);

// I_h = mean over rows of |sum over tokens of out_h . dL/dout_h|, L the row's mean loss, normalised
// per layer to length 1 (E24): [L,H] fp64.
at::Tensor gradient_importance_LH(const model::Decoder& model, const ProbeSample& sample);
// The same, not normalised.
at::Tensor gradient_size_LH(const model::Decoder& model, const ProbeSample& sample);

// Curves for each named criterion and for 8 random orders, and the numbers that summarise them.
std::vector<MetricRow> ablation_rows(
    Ablation& ablation, const std::vector<std::pair<std::string, at::Tensor>>& criteria_LH,
    int64_t step);

}  // namespace sinkmoe::train
