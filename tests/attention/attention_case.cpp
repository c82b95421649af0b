#include "attention/attention_case.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include "core/random.h"

namespace sinkmoe::attention {
namespace {

at::Tensor normal(at::IntArrayRef shape, const std::string& purpose, uint64_t seed) {
  at::Tensor x = at::empty(shape, at::kDouble);
  Draw draw(seed, purpose);
  for (int64_t i = 0; i < x.numel(); ++i) x.data_ptr<double>()[i] = draw.normal();
  return x;
}

}  // namespace

Inputs make_inputs(const Case& c) {
  const auto heads = [&](int64_t n, const char* name) {
    return normal({c.B, c.T, n, c.K}, name, c.seed).transpose(1, 2);
  };
  Inputs in{.q = heads(c.H, "q"),
            .k = heads(c.J, "k"),
            .v = heads(c.J, "v"),
            .sink = {},
            .d_out = heads(c.H, "d_out"),
            .d_gate = normal({c.B, c.H, c.T}, "d_gate", c.seed),
            .scale = 1 / std::sqrt(static_cast<double>(c.K))};
  if (c.mode == SinkMode::logit) in.sink = normal({c.H}, "sink", c.seed) * 0.5 + c.sink;
  if (c.first_key != 0) {
    // A direction common to all queries, which key 0 points along.
    in.q.select(-1, 0).add_(2);
    in.k.select(2, 0).select(-1, 0).fill_(c.first_key / (2 * in.scale));
  }
  return in;
}

Result run(Op op, const Inputs& in, SinkMode mode, Loss loss, at::ScalarType dtype) {
  const auto leaf = [&](const at::Tensor& x) {
    return x.defined() ? x.to(dtype).detach().clone().set_requires_grad(true) : x;
  };
  const at::Tensor q = leaf(in.q), k = leaf(in.k), v = leaf(in.v), sink = leaf(in.sink);
  const AttentionOut result = op(q, k, v, in.scale, mode, sink);
  at::Tensor sum = at::zeros({}, dtype);
  if (loss != Loss::gate_only) sum = sum + (result.out_BHTK * in.d_out.to(dtype)).sum();
  if (loss != Loss::out_only) sum = sum + (result.gate_BHT * in.d_gate.to(dtype)).sum();
  std::vector<at::Tensor> leaves{q, k, v};
  if (sink.defined()) leaves.push_back(sink);
  return {.out = result.out_BHTK.detach(),
          .gate = result.gate_BHT.detach(),
          .gradients = torch::autograd::grad({sum}, leaves, {}, std::nullopt, false, true)};
}

double error(const at::Tensor& a, const at::Tensor& b) {
  const double difference = (a.to(at::kDouble) - b.to(at::kDouble)).norm().item<double>();
  const double size = b.to(at::kDouble).norm().item<double>();
  return size > 1e-12 ? difference / size : difference;
}

void expect_close(const Result& result, const Result& reference, double bound,
                  const std::string& what) {
  EXPECT_LE(error(result.out, reference.out), bound) << what << ": out";
  EXPECT_LE(error(result.gate, reference.gate), bound) << what << ": gate";
  const char* names[] = {"q", "k", "v", "sink"};
  for (size_t i = 0; i < reference.gradients.size(); ++i) {
    const at::Tensor& expected = reference.gradients[i];
    if (!expected.defined()) continue;
    ASSERT_TRUE(result.gradients[i].defined()) << what << ": no gradient of " << names[i];
    EXPECT_LE(error(result.gradients[i], expected), bound) << what << ": gradient of " << names[i];
  }
}

}  // namespace sinkmoe::attention
