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

void add_summary(std::vector<MetricRow>& rows, const std::string& name,
                 const std::vector<double>& curve, const std::vector<int64_t>& points,
                 int64_t step) {
  const auto quarter = std::find(points.begin(), points.end(), points.back() / 4);
  rows.push_back({"probe/free_share_" + name, step, -1, -1, free_share(curve, points)});
  rows.push_back({"probe/loss_quarter_" + name, step, -1, -1,
                  curve[static_cast<size_t>(quarter - points.begin())] - curve[0]});
}

void add_curve(std::vector<MetricRow>& rows, const std::string& name,
               const std::vector<double>& curve, const std::vector<int64_t>& points, int64_t step) {
  for (size_t i = 0; i < points.size(); ++i)
    rows.push_back({"ablate/" + name, step, -1, static_cast<int>(points[i]), curve[i]});
}

void add_random(std::vector<MetricRow>& rows, Ablation& ablation,
                const std::vector<int64_t>& points, int64_t step) {
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
  add_curve(rows, "random", mean, points, step);
  add_curve(rows, "random_low", low, points, step);
  add_curve(rows, "random_high", high, points, step);
  add_summary(rows, "random", mean, points, step);
}

}  // namespace

Ablation::Ablation(const model::Decoder& model, const ProbeSample& sample)
    : model_(model),
      sample_(sample),
      layers_(model.config().model.layers),
      heads_(model.config().model.heads) {}

double Ablation::loss(std::vector<int64_t> zeroed) {
  std::sort(zeroed.begin(), zeroed.end());
  const auto it = known_.find(zeroed);
  if (it != known_.end()) return it->second;
  at::Tensor mask = at::ones({layers_ * heads_});
  for (const int64_t head : zeroed) mask[head] = 0;
  const at::Tensor mask_LH = mask.view({layers_, heads_}).to(model_.output_weight_VC().device());
  return known_[zeroed] = sample_.loss(model_, {.head_mask_LH = mask_LH});
}

std::vector<double> Ablation::curve(const std::vector<int64_t>& order,
                                    const std::vector<int64_t>& points) {
  std::vector<double> losses;
  for (const int64_t k : points) losses.push_back(loss({order.begin(), order.begin() + k}));
  return losses;
}

at::Tensor Ablation::single_LH() {
  at::Tensor increase = at::zeros({heads()}, at::kDouble);
  for (int64_t head = 0; head < heads(); ++head) increase[head] = loss({head}) - loss({});
  return increase.view({layers_, heads_});
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

std::vector<int64_t> ascending_order(const at::Tensor& criterion_LH) {
  const at::Tensor flat = criterion_LH.to(at::kDouble).contiguous().flatten();
  const double* value = flat.data_ptr<double>();
  std::vector<int64_t> order(static_cast<size_t>(flat.numel()));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](int64_t a, int64_t b) { return value[a] < value[b]; });
  return order;
}

std::vector<int64_t> random_order(int64_t n, int64_t index) {
  std::vector<int64_t> order(static_cast<size_t>(n));
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

std::vector<MetricRow> ablation_rows(
    Ablation& ablation, const std::vector<std::pair<std::string, at::Tensor>>& criteria_LH,
    int64_t step) {
  const std::vector<int64_t> points = ablation_points(ablation.heads());
  std::vector<MetricRow> rows;
  for (const auto& [name, criterion_LH] : criteria_LH) {
    const std::vector<double> curve = ablation.curve(ascending_order(criterion_LH), points);
    add_curve(rows, name, curve, points, step);
    add_summary(rows, name, curve, points, step);
  }
  add_random(rows, ablation, points, step);
  return rows;
}

}  // namespace sinkmoe::train
