#include "inference/experts.h"

#include <ATen/ATen.h>

#include "inference/load_tensor.h"

namespace sinkmoe::inference {

using pretrained::ExpertMatrices;
using pretrained::Experts;
using pretrained::Model;

at::Tensor from_mxfp4(const at::Tensor& blocks, const at::Tensor& scales) {
  // One sign bit, two of exponent, one of mantissa.
  const at::Tensor values = at::tensor({0.0f, 0.5f, 1.0f, 1.5f, 2.0f, 3.0f, 4.0f, 6.0f, -0.0f,
                                        -0.5f, -1.0f, -1.5f, -2.0f, -3.0f, -4.0f, -6.0f});
  const at::Tensor low = blocks.bitwise_and(15).to(at::kLong),
                   high = at::bitwise_right_shift(blocks, 4).to(at::kLong);
  const at::Tensor pairs = at::stack({low, high}, -1);
  std::vector<int64_t> shape = blocks.sizes().vec();
  shape.back() = 32;
  const at::Tensor numbers = values.index_select(0, pairs.flatten()).view(shape);
  const at::Tensor scale = at::exp2(scales.to(at::kFloat) - 127).unsqueeze(-1);
  return (numbers * scale).flatten(-2);
}

LoadedExperts::LoadedExperts(const Model& model, const Experts& plan)
    : plan_(plan),
      router_(load_tensor(model.weights, plan.router.weight)),
      router_bias_(load_tensor(model.weights, plan.router.bias)),
      gate_up_(load(model, plan.gate_up)),
      down_(load(model, plan.down)),
      shared_(load(model, plan.shared)),
      shared_gate_(load_tensor(model.weights, plan.shared_gate.weight)) {
  for (const pretrained::GatedFeed& feed : plan.each) each_.push_back(load(model, feed));
}

LoadedExperts::Matrices LoadedExperts::load(const Model& model, const ExpertMatrices& m) {
  return {load_stored(model.weights, m.weight), load_stored(model.weights, m.blocks),
          load_stored(model.weights, m.scales), load_tensor(model.weights, m.bias)};
}

LoadedExperts::Feed LoadedExperts::load(const Model& model, const pretrained::GatedFeed& feed) {
  return {load_stored(model.weights, feed.gate.weight), load_stored(model.weights, feed.up.weight),
          load_stored(model.weights, feed.down.weight)};
}

at::Tensor LoadedExperts::through(const Feed& feed, const at::Tensor& x_NC) {
  const at::Tensor hidden = at::silu(at::linear(x_NC, feed.gate.to(at::kFloat)))
                                .mul_(at::linear(x_NC, feed.up.to(at::kFloat)));
  return at::linear(hidden, feed.down.to(at::kFloat));
}

at::Tensor LoadedExperts::Matrices::expert(int64_t index) const {
  if (blocks.defined()) return from_mxfp4(blocks[index], scales[index]).t();
  return weight[index].to(at::kFloat);
}

at::Tensor LoadedExperts::compute(int64_t index, const at::Tensor& x_NC) const {
  if (!each_.empty()) return through(each_.at(static_cast<size_t>(index)), x_NC);
  const at::Tensor both = at::addmm(gate_up_.bias[index], x_NC, gate_up_.expert(index));
  const at::Tensor gate = both.slice(1, 0, both.size(1), 2).clamp_max(plan_.limit),
                   up = both.slice(1, 1, both.size(1), 2).clamp(-plan_.limit, plan_.limit);
  const at::Tensor hidden = (up + 1) * (gate * at::sigmoid(gate * plan_.slope));
  return at::addmm(down_.bias[index], hidden, down_.expert(index));
}

at::Tensor LoadedExperts::forward(const at::Tensor& x) const {
  const at::Tensor x_NC = x.reshape({-1, x.size(-1)});
  const at::Tensor scores = at::linear(x_NC, router_, router_bias_);
  const auto [score, chosen] = at::topk(scores, plan_.used, -1);
  const at::Tensor share =
      plan_.over_chosen ? at::softmax(score, -1) : at::softmax(scores, -1).gather(-1, chosen);
  at::Tensor out = at::zeros_like(x_NC);
  if (shared_.gate.defined())
    out = through(shared_, x_NC).mul_(at::sigmoid(at::linear(x_NC, shared_gate_)));
  for (int64_t e = 0; e < plan_.count; ++e) {
    const at::Tensor where = (chosen == e).nonzero();  // [n, 2]: token, position among its choices
    if (where.size(0) == 0) continue;
    const at::Tensor token = where.select(1, 0);
    const at::Tensor weight = share.index({token, where.select(1, 1)}).unsqueeze(1);
    out.index_add_(0, token, compute(e, x_NC.index_select(0, token)) * weight);
  }
  return out.view_as(x);
}

}  // namespace sinkmoe::inference
