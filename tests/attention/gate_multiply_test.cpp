// The fused explicit gate against the same computation in plain differentiable ops.
#include "attention/gate_multiply.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "attention/attention_case.h"

namespace sinkmoe::attention {
namespace {

AttentionOut written_out(const at::Tensor& out, const at::Tensor& logit) {
  const at::Tensor gate = at::sigmoid(logit.transpose(1, 2));
  if (gate.dim() == 3) return {.out_BHTK = out * gate.unsqueeze(-1), .gate_BHT = gate};
  return {.out_BHTK = out * gate, .gate_BHT = gate.mean(-1)};
}

Result run_gate(AttentionOut (*op)(const at::Tensor&, const at::Tensor&), const Inputs& in,
                const at::Tensor& logit, Loss loss, at::ScalarType type) {
  const at::Tensor x = in.q.to(type).clone().set_requires_grad(true);
  const at::Tensor w = logit.to(type).clone().set_requires_grad(true);
  const AttentionOut r = op(x, w);
  at::Tensor sum = at::zeros({}, type);
  if (loss != Loss::gate_only) sum = sum + (r.out_BHTK * in.d_out.to(type)).sum();
  if (loss != Loss::out_only) sum = sum + (r.gate_BHT * in.d_gate.to(type)).sum();
  auto gradients = torch::autograd::grad({sum}, {x, w}, {}, std::nullopt, false, true);
  if (!gradients[0].defined()) gradients[0] = at::zeros_like(x);
  return {.out = r.out_BHTK.detach(), .gate = r.gate_BHT.detach(), .gradients = gradients};
}

TEST(GateMultiply, MatchesPlainOps) {
  for (const int64_t K : {5, 16, 24, 64}) {
    const Inputs in = make_inputs({.T = 70, .K = K});
    for (const bool per_channel : {false, true}) {
      const at::Tensor logit =
          per_channel ? in.k.transpose(1, 2) : in.k.select(-1, 0).transpose(1, 2);
      for (const double spread : {1.0, 8.0})
        for (const Loss loss : {Loss::out_only, Loss::gate_only, Loss::both}) {
          const Result expected = run_gate(written_out, in, logit * spread, loss, at::kDouble);
          const std::string what =
              "K " + std::to_string(K) + (per_channel ? " per channel" : " per head");
          expect_close(run_gate(gate_multiply, in, logit * spread, loss, at::kDouble), expected,
                       1e-14, what);
          expect_close(run_gate(gate_multiply, in, logit * spread, loss, at::kFloat), expected,
                       1e-6, what);
        }
    }
  }
}

TEST(GateMultiply, SaturatedGatesKeepTheirSlope) {
  const at::Tensor x = at::ones({1, 1, 2, 8}),
                   logit = at::tensor({20.0f, -20.0f}).view({1, 2, 1}).set_requires_grad(true);
  gate_multiply(x, logit).gate_BHT.sum().backward();
  const double slope = std::exp(-20) / std::pow(1 + std::exp(-20), 2);
  EXPECT_NEAR(logit.grad().min().item<double>() / slope, 1, 1e-6);
  EXPECT_NEAR(logit.grad().max().item<double>() / slope, 1, 1e-6);
}

TEST(GateMultiply, ExtremeLogitsStayFinite) {
  for (const int64_t K : {1, 16}) {
    const at::Tensor x = at::ones({1, 1, 2, K}).set_requires_grad(true);
    at::Tensor logit = at::tensor({1e4f, -1e4f})
                           .view({1, 2, 1, 1})
                           .expand({1, 2, 1, K})
                           .clone()
                           .set_requires_grad(true);
    const AttentionOut r = gate_multiply(x, logit);
    (r.out_BHTK.sum() + r.gate_BHT.sum()).backward();
    EXPECT_NEAR(r.gate_BHT.sum().item<double>(), 1, 1e-6);
    EXPECT_TRUE(logit.grad().isfinite().all().item<bool>());
  }
}

TEST(GateMultiply, RefusesOtherShapes) {
  EXPECT_THROW(gate_multiply(at::ones({1, 2, 3, 4}), at::ones({1, 2, 3})), std::invalid_argument);
  EXPECT_THROW(gate_multiply(at::ones({1, 2, 3, 4}), at::ones({1, 3, 2, 5})),
               std::invalid_argument);
}

}  // namespace
}  // namespace sinkmoe::attention
