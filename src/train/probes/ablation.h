// Measures which heads a model needs: losses with heads zeroed, in several orders (C5), and the
// gradient importance of Michel et al. (E24).
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "train/probes/probe_rows.h"
#include "train/probes/probe_sample.h"

namespace sinkmoe::train {

// Heads of a model. The index of a head is l H + h.
using HeadList = std::vector<int64_t>;

// Losses with sets of heads zeroed; each set is computed once.
class Ablation {
 public:
  Ablation(const model::Decoder& model, const ProbeSample& sample);
  int64_t heads() const { return layers_ * heads_; }
  const model::Decoder& model() const { return model_; }
  const ProbeSample& sample() const { return sample_; }
  double loss(const HeadList& zeroed) { return losses({zeroed})[0]; }
  // One loss for each list. Many lists in one call are faster than many calls: a set of heads takes
  // the layers below its first difference from another set from that set.
  std::vector<double> losses(const std::vector<HeadList>& zeroed);
  // loss[i]: the first points[i] heads of `order` zeroed.
  std::vector<double> curve(const HeadList& order, const std::vector<int64_t>& points);
  // Loss increase with one head zeroed, [L,H] fp64; with all heads of a layer zeroed, [L] fp64.
  at::Tensor single_LH();
  at::Tensor layer_L();

 private:
  using Mask = std::vector<bool>;  // true: zeroed
  Mask mask_of(const HeadList& zeroed) const;
  void compute(std::vector<Mask> masks);
  std::vector<double> sums_of(const ProbeSample::Part& part, const std::vector<Mask>& sorted) const;

  const model::Decoder& model_;
  const ProbeSample& sample_;
  int64_t layers_, heads_;
  std::map<Mask, double> known_;
};

// Numbers by which heads are ordered, [L,H], with their names.
using Criteria = std::vector<std::pair<std::string, at::Tensor>>;

// Numbers of zeroed heads on a curve: all of 0..n, or 65 evenly spaced ones; always also n / 4.
std::vector<int64_t> ablation_points(int64_t n);

// Heads in ascending order of a criterion [L,H]; ties in the order of layers and heads.
HeadList ascending_order(const at::Tensor& criterion_LH);
// The fixed random order `index` of n heads, the same in every run.
HeadList random_order(int64_t n, int64_t index);

// I_h = mean over rows of |sum over tokens of out_h . dL/dout_h|, L the row's mean loss, normalised
// per layer to length 1 (E24): [L,H] fp64.
at::Tensor gradient_importance_LH(const model::Decoder& model, const ProbeSample& sample);
// The same, not normalised.
at::Tensor gradient_size_LH(const model::Decoder& model, const ProbeSample& sample);

// Curves for each named criterion and for 8 random orders, and the numbers that summarise them.
void add_curves(ProbeRowWriter& rows, Ablation& ablation, const Criteria& criteria_LH);

}  // namespace sinkmoe::train
