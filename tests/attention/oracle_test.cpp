// The oracle and the op against two methods that share no code with them: central differences, and
// the construction with a column of ones (E19), which reads the gate from an extra value channel of
// plain attention.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "attention/attention_case.h"

namespace sinkmoe::attention {
namespace {

double loss_value(Op op, const Inputs& in, SinkMode mode) {
  const AttentionOut r = op(in.q, in.k, in.v, in.scale, mode, in.sink);
  return ((r.out_BHTK * in.d_out).sum() + (r.gate_BHT * in.d_gate).sum()).item<double>();
}

// Central differences along every coordinate of `x`, one of the tensors of `in`.
at::Tensor numeric_gradient(Op op, const Inputs& in, SinkMode mode, const at::Tensor& x) {
  constexpr double kStep = 1e-5;
  at::Tensor gradient = at::empty_like(x);  // same strides, so the same memory order
  for (int64_t i = 0; i < x.numel(); ++i) {
    double& entry = x.data_ptr<double>()[i];
    const double before = entry;
    entry = before + kStep;
    const double up = loss_value(op, in, mode);
    entry = before - kStep;
    const double down = loss_value(op, in, mode);
    entry = before;
    gradient.data_ptr<double>()[i] = (up - down) / (2 * kStep);
  }
  return gradient;
}

void expect_numeric(Op op, const Case& c) {
  const Inputs in = make_inputs(c);
  const Result r = run(op, in, c.mode, Loss::both, at::kDouble);
  const at::Tensor* inputs[] = {&in.q, &in.k, &in.v, &in.sink};
  for (size_t i = 0; i < r.gradients.size(); ++i)
    EXPECT_LE(error(r.gradients[i], numeric_gradient(op, in, c.mode, *inputs[i])), 1e-8)
        << "input " << i;
}

TEST(CentralDifferences, AgreeWithTheOracle) {
  for (const SinkMode mode : {SinkMode::first_key, SinkMode::logit})
    expect_numeric(explicit_attention, {.B = 1, .H = 2, .J = 1, .T = 6, .K = 4, .mode = mode});
}

TEST(CentralDifferences, AgreeWithTheOp) {
  for (const SinkMode mode : {SinkMode::first_key, SinkMode::logit})
    expect_numeric(softmax_attention, {.B = 2, .H = 2, .J = 1, .T = 6, .K = 5, .mode = mode});
}

at::Tensor with_channel(const at::Tensor& x, const at::Tensor& channel_T) {
  const at::Tensor channel = channel_T.view({1, 1, -1, 1}).expand({x.size(0), x.size(1), -1, 1});
  return at::cat({x, channel}, -1);
}

// The extra value channel is 1 at every key except the sink. A learned sink is one more key in
// front, and its logit comes from an extra query/key channel.
AttentionOut ones_column(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                         double scale, SinkMode mode, const at::Tensor& sink) {
  const int64_t K = q.size(3);
  const bool extra_key = mode == SinkMode::logit;
  const auto pad = [&](const at::Tensor& x) {
    return extra_key ? at::constant_pad_nd(x, {0, 0, 1, 0}) : x;
  };
  const int64_t T = pad(q).size(2);
  at::Tensor ones = at::ones({T}, q.options()), real = ones.clone();
  real[0].zero_();
  const at::Tensor zeros = at::zeros_like(ones);
  at::Tensor keys = with_channel(pad(k), zeros);
  if (extra_key) {
    // One key per query head, because the sink logits differ by head.
    const at::Tensor lane = at::zeros_like(keys);
    lane.select(2, 0).select(-1, K).fill_(1);
    keys = keys + lane * (sink / scale).view({1, -1, 1, 1});
  }
  const AttentionOut r = softmax_attention(with_channel(pad(q), ones), keys,
                                           with_channel(pad(v), real), scale, SinkMode::none);
  const at::Tensor out = r.out_BHTK.slice(2, extra_key ? 1 : 0);
  return {.out_BHTK = out.slice(-1, 0, K), .gate_BHT = out.select(-1, K)};
}

TEST(OnesColumn, AgreesWithTheOp) {
  for (const SinkMode mode : {SinkMode::first_key, SinkMode::logit}) {
    for (const int64_t T : {1, 2, 33, 130}) {
      const Inputs in = make_inputs({.T = T, .K = 24, .mode = mode});
      const Result expected = run(ones_column, in, mode, Loss::both, at::kDouble);
      expect_close(run(softmax_attention, in, mode, Loss::both, at::kDouble), expected, 1e-12,
                   "T " + std::to_string(T));
    }
  }
}

}  // namespace
}  // namespace sinkmoe::attention
