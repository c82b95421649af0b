#include "train/probes/ablation.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/random.h"

namespace sinkmoe::train {

namespace {

constexpr int64_t kRandomOrders = 8, kMostPoints = 64;
constexpr double kFree = 0.01;  // an increase up to this, in nats, is ignored

// Largest share of zeroed heads at which the loss has risen by at most kFree.
double free_share(const std::vector<double>& curve, const std::vector<int64_t>& points) {
  int64_t most = 0;
  for (size_t i = 0; i < points.size(); ++i)
    if (curve[i] - curve[0] <= kFree) most = points[i];
  return static_cast<double>(most) / static_cast<double>(points.back());
}

void add_summary(ProbeRowWriter& rows, const std::string& name, const std::vector<double>& curve,
                 const std::vector<int64_t>& points) {
  const auto quarter = std::find(points.begin(), points.end(), points.back() / 4);
  rows.run("probe/free_share_" + name, free_share(curve, points));
  rows.run("probe/loss_quarter_" + name,
           curve[static_cast<size_t>(quarter - points.begin())] - curve[0]);
}

void add_curve(ProbeRowWriter& rows, const std::string& name, const std::vector<double>& curve,
               const std::vector<int64_t>& points) {
  for (size_t i = 0; i < points.size(); ++i)
    rows.curve_point("ablate/" + name, points[i], curve[i]);
}

void add_random(ProbeRowWriter& rows, Ablation& ablation, const std::vector<int64_t>& points) {
  std::vector<double> mean(points.size(), 0), low, high;
  for (int64_t i = 0; i < kRandomOrders; ++i) {
    const std::vector<double> curve = ablation.curve(random_order(ablation.heads(), i), points);
    if (i == 0) low = high = curve;
    for (size_t p = 0; p < points.size(); ++p) {
      mean[p] += curve[p] / static_cast<double>(kRandomOrders);
      low[p] = std::min(low[p], curve[p]);
      high[p] = std::max(high[p], curve[p]);
    }
  }
  add_curve(rows, "random", mean, points);
  add_curve(rows, "random_low", low, points);
  add_curve(rows, "random_high", high, points);
  add_summary(rows, "random", mean, points);
}

}  // namespace

Ablation::Ablation(const model::Decoder& model, const ProbeSample& sample)
    : model_(model),
      sample_(sample),
      layers_(model.config().model.layers),
      heads_(model.config().model.heads) {}

Ablation::Mask Ablation::mask_of(const HeadList& zeroed) const {
  Mask mask(static_cast<size_t>(heads()), false);
  for (const int64_t head : zeroed) mask.at(static_cast<size_t>(head)) = true;
  return mask;
}

// Sum of the losses of a part's tokens for each mask. The masks are sorted, so those that are equal
// up to a layer stand together, and each starts where it differs from the one before it.
std::vector<double> Ablation::sums_of(const ProbeSample::Part& part,
                                      const std::vector<Mask>& sorted) const {
  std::vector<double> sums;
  std::vector<at::Tensor> before_BTC(static_cast<size_t>(layers_ + 1));  // stream before each layer
  const model::ActivationEdit keep = [&](model::Site site, int64_t layer, const at::Tensor& x) {
    if (site == model::Site::residual) before_BTC[static_cast<size_t>(layer + 1)] = x;
    return x;
  };
  for (size_t i = 0; i < sorted.size(); ++i) {
    at::Tensor mask = at::ones({heads()});
    for (int64_t head = 0; head < heads(); ++head)
      if (sorted[i][static_cast<size_t>(head)]) mask[head] = 0;
    model::ForwardOptions options{
        .head_mask_LH = mask.view({layers_, heads_}).to(model_.output_weight_VC().device()),
        .edit_activations = &keep};
    if (i > 0) {
      const auto differs =
          std::mismatch(sorted[i].begin(), sorted[i].end(), sorted[i - 1].begin()).first;
      options.first_layer = (differs - sorted[i].begin()) / heads_;
      options.before_first_BTC = before_BTC[static_cast<size_t>(options.first_layer)];
    }
    sums.push_back(sample_.sum(model_, part, options));
  }
  return sums;
}

void Ablation::compute(std::vector<Mask> masks) {
  std::erase_if(masks, [&](const Mask& mask) { return known_.contains(mask); });
  std::sort(masks.begin(), masks.end());
  masks.erase(std::unique(masks.begin(), masks.end()), masks.end());
  std::vector<double> sums(masks.size(), 0);
  for (const ProbeSample::Part& part : sample_.parts()) {
    const std::vector<double> of_part = sums_of(part, masks);
    for (size_t i = 0; i < masks.size(); ++i) sums[i] += of_part[i];
  }
  for (size_t i = 0; i < masks.size(); ++i)
    known_[masks[i]] = sums[i] / static_cast<double>(sample_.tokens());
}

std::vector<double> Ablation::losses(const std::vector<HeadList>& zeroed) {
  std::vector<Mask> masks;
  for (const HeadList& list : zeroed) masks.push_back(mask_of(list));
  compute(masks);
  std::vector<double> losses;
  for (const Mask& mask : masks) losses.push_back(known_.at(mask));
  return losses;
}

std::vector<double> Ablation::curve(const HeadList& order, const std::vector<int64_t>& points) {
  std::vector<HeadList> sets;
  for (const int64_t k : points) sets.emplace_back(order.begin(), order.begin() + k);
  return losses(sets);
}

at::Tensor Ablation::single_LH() {
  std::vector<HeadList> sets{{}};
  for (int64_t head = 0; head < heads(); ++head) sets.push_back({head});
  const at::Tensor loss = at::tensor(losses(sets), at::kDouble);
  return (loss.narrow(0, 1, heads()) - loss[0]).view({layers_, heads_});
}

at::Tensor Ablation::layer_L() {
  std::vector<HeadList> sets{{}};
  for (int64_t layer = 0; layer < layers_; ++layer) {
    HeadList all(static_cast<size_t>(heads_));
    std::iota(all.begin(), all.end(), layer * heads_);
    sets.push_back(std::move(all));
  }
  const at::Tensor loss = at::tensor(losses(sets), at::kDouble);
  return loss.narrow(0, 1, layers_) - loss[0];
}

std::vector<int64_t> ablation_points(int64_t n) {
  std::vector<int64_t> points;
  const int64_t steps = std::min(n, kMostPoints);
  for (int64_t i = 0; i <= steps; ++i) points.push_back(i * n / steps);
  points.push_back(n / 4);
  std::sort(points.begin(), points.end());
  points.erase(std::unique(points.begin(), points.end()), points.end());
  return points;
}

HeadList ascending_order(const at::Tensor& criterion_LH) {
  const at::Tensor flat = criterion_LH.to(at::kDouble).contiguous().flatten();
  const double* value = flat.data_ptr<double>();
  HeadList order(static_cast<size_t>(flat.numel()));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return value[a] < value[b]; });
  return order;
}

HeadList random_order(int64_t n, int64_t index) {
  HeadList order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  Draw draw(0, "probe/head order", 0, static_cast<uint64_t>(index));
  shuffle(draw, std::span(order));
  return order;
}

at::Tensor gradient_size_LH(const model::Decoder& model, const ProbeSample& sample) {
  const at::AutoGradMode with_gradient(true);
  at::Tensor sum_LH;
  for (const ProbeSample::Part& part : sample.parts()) {
    sample.sign_of_life();
    std::vector<at::Tensor> outs;
    const model::HeadProbe keep = [&](int64_t, const attention::HeadIn&,
                                      const attention::HeadOut& out) {
      outs.push_back(out.out_BHTK);
    };
    const model::DecoderOut out = model.forward(part.batch.ids_BT, {.probe = &keep});
    const auto rows = static_cast<double>(part.batch.ids_BT.size(0));
    const at::Tensor loss =
        model::linear_cross_entropy(out.hidden_NC, model.output_weight_VC(), part.batch.target_N) *
        rows;
    const auto grads = torch::autograd::grad({loss}, outs);
    const at::NoGradGuard no_grad;
    std::vector<at::Tensor> layers;
    for (size_t l = 0; l < outs.size(); ++l) {
      const at::Tensor dot_BH = (outs[l].to(at::kFloat) * grads[l].to(at::kFloat))
                                    .sum(std::vector<int64_t>{2, 3}, false, at::kDouble);
      layers.push_back(dot_BH.abs().sum(0).to(at::kCPU));
    }
    const at::Tensor part_LH = at::stack(layers);
    sum_LH = sum_LH.defined() ? sum_LH + part_LH : part_LH;
  }
  return sum_LH / static_cast<double>(sample.rows());
}

at::Tensor gradient_importance_LH(const model::Decoder& model, const ProbeSample& sample) {
  const at::Tensor size = gradient_size_LH(model, sample);
  return size / size.square().sum(1, true).sqrt().clamp_min(1e-300);
}

void add_curves(ProbeRowWriter& rows, Ablation& ablation, const Criteria& criteria_LH) {
  const std::vector<int64_t> points = ablation_points(ablation.heads());
  for (const auto& [name, criterion_LH] : criteria_LH) {
    const std::vector<double> curve = ablation.curve(ascending_order(criterion_LH), points);
    add_curve(rows, name, curve, points);
    add_summary(rows, name, curve, points);
  }
  add_random(rows, ablation, points);
}

}  // namespace sinkmoe::train
