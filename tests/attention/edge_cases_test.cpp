// Cases in which such ops usually fail: saturated gates, gradients of extreme size, unusual strides,
// threads. (conformance_test.cpp has rows without a gradient and expanded ones.)
#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "attention/attention_case.h"

namespace sinkmoe::attention {
namespace {

constexpr SinkMode kGated[] = {SinkMode::first_key, SinkMode::logit};

void compare(const Inputs& in, SinkMode mode, Loss loss, const std::string& what,
             double single = 1e-6) {
  const Result reference = run(explicit_attention, in, mode, loss, at::kDouble);
  expect_close(run(softmax_attention, in, mode, loss, at::kDouble), reference, 1e-12,
               what + " fp64");
  expect_close(run(softmax_attention, in, mode, loss, at::kFloat), reference, single,
               what + " fp32");
}

// q = k = 1, v = 2, s = 0, scale 1, loss = sum of out over two tokens. Autograd through the stock
// op alone gives 0.
TEST(Sink, ScalarCaseHasTheKnownGradient) {
  const auto leaf = [](double x) {
    return at::full({1, 1, 1, 1}, x, at::kDouble).set_requires_grad(true);
  };
  const at::Tensor q = leaf(1), k = leaf(1), v = leaf(2);
  const at::Tensor sink = at::zeros({1}, at::kDouble).set_requires_grad(true);
  const AttentionOut r = softmax_attention(q, k, v, 1, SinkMode::logit, sink);
  r.out_BHTK.sum().backward();
  EXPECT_NEAR(q.grad().item<double>(), 0.39322387, 1e-8);
  EXPECT_NEAR(k.grad().item<double>(), 0.39322387, 1e-8);
  EXPECT_NEAR(sink.grad().item<double>(), -0.39322387, 1e-8);
  EXPECT_NEAR(r.gate_BHT.item<double>(), 0.73105858, 1e-8);
}

TEST(Sink, SaturatedLogits) {
  for (const double s : {-20.0, 20.0}) {
    const Inputs in = make_inputs({.mode = SinkMode::logit, .sink = s});
    for (const Loss loss : {Loss::out_only, Loss::gate_only, Loss::both})
      compare(in, SinkMode::logit, loss, "sink " + std::to_string(s), 2e-6);
  }
}

TEST(Vanilla, StrongSinks) {
  for (const double pull : {4.0, 8.0, 20.0}) {
    const Inputs in = make_inputs({.T = 65, .K = 32, .first_key = pull});
    for (const Loss loss : {Loss::out_only, Loss::gate_only, Loss::both})
      compare(in, SinkMode::first_key, loss, "first key + " + std::to_string(pull), 4e-6);
  }
}

// Where the softmax lies almost wholly on a key that is not treated as a sink, dS = P (dP - D) is a
// difference of nearly equal numbers. Relative digits of dq and dk are lost there, in this op as in
// others; what is kept is 1e-6 of the numbers that are subtracted (docs/attention.md).
TEST(Saturated, OnAnOrdinaryKeyGradientsKeepDigitsOfWhatIsSubtracted) {
  for (const double pull : {8.0, 16.0, 24.0}) {
    const Inputs in = make_inputs({.T = 65, .K = 32, .mode = SinkMode::none, .first_key = pull});
    const Result exact = run(explicit_attention, in, SinkMode::none, Loss::out_only, at::kDouble),
                 ours = run(softmax_attention, in, SinkMode::none, Loss::out_only, at::kFloat);
    const at::Tensor future = at::ones({65, 65}, at::kBool).triu(1);
    const at::Tensor weight = at::softmax(
        (at::matmul(in.q, in.k.transpose(2, 3)) * in.scale).masked_fill(future, -INFINITY), -1);
    const at::Tensor terms = weight * at::matmul(in.d_out, in.v.transpose(2, 3)).abs() * in.scale;
    const at::Tensor size[] = {at::matmul(terms, in.k.abs()),
                               at::matmul(terms.transpose(2, 3), in.q.abs())};
    for (const int i : {0, 1}) {
      const at::Tensor off = ours.gradients[i].to(at::kDouble) - exact.gradients[i];
      const double kept = (off.norm() / size[i].norm()).item<double>();
      EXPECT_LT(kept, 1e-6) << pull;
      RecordProperty((i ? "dk_" : "dq_") + std::to_string(static_cast<int>(pull)),
                     std::to_string(error(ours.gradients[i], exact.gradients[i])));
    }
  }
}

TEST(Vanilla, FirstRowIsTheFirstValue) {
  const Inputs in = make_inputs({.T = 5});
  const AttentionOut r = softmax_attention(in.q, in.k, in.v, in.scale, SinkMode::first_key);
  EXPECT_TRUE(at::equal(r.out_BHTK.select(2, 0), in.v.select(2, 0)));
  EXPECT_EQ(r.gate_BHT.select(2, 0).abs().max().item<double>(), 0);
}

TEST(Vanilla, OneTokenHasNoGradientOfQueriesAndKeys) {
  const Inputs in = make_inputs({.T = 1});
  const Result r = run(softmax_attention, in, SinkMode::first_key, Loss::both, at::kDouble);
  EXPECT_EQ(r.gradients[0].abs().max().item<double>(), 0);
  EXPECT_EQ(r.gradients[1].abs().max().item<double>(), 0);
  EXPECT_TRUE(at::equal(r.gradients[2], in.d_out));
}

// The scale of the loss must not matter, even if squares leave the range of fp32.
TEST(OutputGradient, TinyAndHugeRows) {
  for (const SinkMode mode : kGated) {
    for (const double size : {1e-22, 1e-13, 1e15}) {
      Inputs in = make_inputs({.T = 20, .mode = mode});
      in.d_out.mul_(size);
      in.d_gate.mul_(size);
      compare(in, mode, Loss::both, "size " + std::to_string(size));
    }
    Inputs in = make_inputs({.T = 20, .mode = mode});
    in.d_out.mul_(1e-18);
    compare(in, mode, Loss::both, "tiny output gradient beside a gate gradient of 1");
  }
}

TEST(OutputGradient, NotANumberStaysVisible) {
  for (const SinkMode mode : kGated) {
    Inputs in = make_inputs({.T = 10, .mode = mode});
    in.d_out.select(2, 4).fill_(std::numeric_limits<double>::quiet_NaN());
    const Result r = run(softmax_attention, in, mode, Loss::both, at::kFloat);
    EXPECT_TRUE(r.gradients[0].isnan().any().item<bool>());
  }
}

TEST(Strides, AnyLayoutGivesTheSame) {
  for (const SinkMode mode : {SinkMode::none, SinkMode::first_key, SinkMode::logit}) {
    const Inputs in = make_inputs({.T = 21, .mode = mode});
    const AttentionOut expected = softmax_attention(in.q, in.k, in.v, in.scale, mode, in.sink);
    const auto last_is_T = [](const at::Tensor& x) {
      return x.transpose(2, 3).contiguous().transpose(2, 3);
    };
    const auto BHTK = [](const at::Tensor& x) { return x.contiguous(); };
    const AttentionOut a =
        softmax_attention(last_is_T(in.q), BHTK(in.k), last_is_T(in.v), in.scale, mode, in.sink);
    EXPECT_LE(error(a.out_BHTK, expected.out_BHTK), 1e-14);
    EXPECT_LE(error(a.gate_BHT, expected.gate_BHT), 1e-14);
  }
}

TEST(Output, IsReadyForTheOutputProjection) {
  for (const SinkMode mode : {SinkMode::none, SinkMode::first_key, SinkMode::logit}) {
    const Inputs in = make_inputs({.T = 21, .mode = mode});
    EXPECT_TRUE(softmax_attention(in.q, in.k, in.v, in.scale, mode, in.sink)
                    .out_BHTK.transpose(1, 2)
                    .is_contiguous());
  }
}

TEST(Threads, OneAndTwoGiveTheSameBits) {
  const int before = at::get_num_threads();
  for (const SinkMode mode : {SinkMode::none, SinkMode::first_key, SinkMode::logit}) {
    const Inputs in = make_inputs({.B = 3, .H = 4, .J = 2, .T = 200, .K = 32, .mode = mode});
    const Loss loss = mode == SinkMode::none ? Loss::out_only : Loss::both;
    at::set_num_threads(1);
    const Result one = run(softmax_attention, in, mode, loss, at::kFloat);
    at::set_num_threads(2);
    const Result two = run(softmax_attention, in, mode, loss, at::kFloat);
    EXPECT_TRUE(at::equal(one.out, two.out) && at::equal(one.gate, two.gate));
    for (size_t i = 0; i < one.gradients.size(); ++i)
      EXPECT_TRUE(at::equal(one.gradients[i], two.gradients[i])) << i;
  }
  at::set_num_threads(before);
}

TEST(Shapes, AreChecked) {
  const Inputs in = make_inputs({.H = 4, .J = 2, .T = 6});
  const auto call = [&](const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                        SinkMode mode,
                        const at::Tensor& s) { return softmax_attention(q, k, v, 1, mode, s); };
  const at::Tensor none, two = at::zeros({2}, at::kDouble);
  EXPECT_THROW(call(in.q[0], in.k, in.v, SinkMode::none, none), std::invalid_argument);
  EXPECT_THROW(call(in.q.slice(2, 0, 3), in.k, in.v, SinkMode::none, none), std::invalid_argument);
  EXPECT_THROW(call(in.q.slice(1, 0, 3), in.k, in.v, SinkMode::none, none), std::invalid_argument);
  EXPECT_THROW(call(in.q, in.k, in.v.slice(3, 0, 8), SinkMode::none, none), std::invalid_argument);
  EXPECT_THROW(call(in.q, in.k.to(at::kFloat), in.v, SinkMode::none, none), std::invalid_argument);
  EXPECT_THROW(call(in.q, in.k, in.v, SinkMode::logit, none), std::invalid_argument);
  EXPECT_THROW(call(in.q, in.k, in.v, SinkMode::logit, two), std::invalid_argument);
  EXPECT_THROW(call(in.q, in.k, in.v, SinkMode::first_key, two), std::invalid_argument);
}

TEST(SecondDerivative, IsRefused) {
  const Inputs in = make_inputs({.T = 6});
  const at::Tensor q = in.q.clone().set_requires_grad(true);
  const at::Tensor sum = softmax_attention(q, in.k, in.v, 1, SinkMode::first_key).out_BHTK.sum();
  EXPECT_THROW(torch::autograd::grad({sum}, {q}, {}, true, true), std::exception);
}

}  // namespace
}  // namespace sinkmoe::attention
