// Softmax attention, its SDPA fix-ups and the explicit gate: every backend against the reference form.
// The CUDA kernels run on the processor (support/kernels_on_cpu.h).
#include "support/conformance.h"

#include <gmock/gmock.h>

#include "attention/attention_case.h"
#include "attention/gate_multiply.h"
#include "attention/sdpa/sdpa_fixups.h"

#define SINKMOE_KERNELS_ON_CPU
#define cuda cuda_on_cpu  // the kernels of a CUDA build keep their names to themselves
#include "attention/cuda/gate.cu"
#include "attention/cuda/gate_multiply_cuda.cpp"
#include "attention/cuda/row_kernels.cu"
#include "attention/cuda/sdpa_fixups_cuda.cpp"
#undef cuda

namespace sinkmoe::attention {
namespace {

using testing::Conformance;
using testing::Tensors;

Tensors list(SinkMode mode, AttentionOut&& r) {
  if (mode == SinkMode::none) return {r.out_BHTK};  // the gate is 1 and has no gradient
  return {r.out_BHTK, r.gate_BHT};
}

Conformance attention_case(const Case& c) {
  const Inputs in = make_inputs(c);
  const auto by = [mode = c.mode, scale = in.scale](Op op) -> testing::Function {
    return [=](const Tensors& x) {
      const at::Tensor sink = mode == SinkMode::logit ? x[3] : at::Tensor();
      return list(mode, op(x[0], x[1], x[2], scale, mode, sink));
    };
  };
  Conformance out{.what = "mode " + std::to_string(static_cast<int>(c.mode)) + " T " +
                          std::to_string(c.T) + " K " + std::to_string(c.K) + " J " +
                          std::to_string(c.J) + " pull " + std::to_string(c.first_key),
                  .op = by(softmax_attention),
                  .reference = by(explicit_attention),
                  .inputs = {in.q, in.k, in.v},
                  .weights_from = 3,
                  .bounds = {.fp32 = 6e-6, .bf16 = 4e-2}};
  if (c.mode == SinkMode::logit) out.inputs.push_back(in.sink);
  return out;
}

// Lengths below, at and beyond a tile and a chunk; widths that fill their lanes and that do not;
// grouped heads; gates that are nearly closed and nearly open.
std::vector<Conformance> attention_cases(bool with_plain) {
  std::vector<Conformance> cases;
  for (const SinkMode mode : {SinkMode::first_key, SinkMode::logit, SinkMode::none}) {
    if (mode == SinkMode::none && !with_plain) continue;
    std::vector<Case> shapes{{.B = 1, .H = 6, .J = 2, .T = 33, .K = 24},
                             {.B = 2, .H = 2, .J = 1, .T = 2, .K = 8},
                             {.B = 1, .H = 2, .J = 2, .T = 65, .K = 16},
                             {.B = 1, .H = 2, .J = 1, .T = 20, .K = 5},
                             {.B = 1, .H = 2, .J = 1, .T = 33, .K = 128}};
    // The op of LibTorch alone leaves only rounding where zero is due at T = 1.
    if (mode != SinkMode::none) shapes.push_back({.B = 2, .H = 2, .J = 1, .T = 1, .K = 8});
    if (mode == SinkMode::first_key)
      shapes.push_back({.H = 2, .J = 2, .T = 20, .K = 16, .first_key = 8});
    if (mode == SinkMode::logit)
      for (const double sink : {-10.0, 10.0})
        shapes.push_back({.H = 2, .J = 2, .T = 20, .K = 16, .sink = sink});
    for (Case shape : shapes) {
      shape.mode = mode;
      cases.push_back(attention_case(shape));
    }
  }
  return cases;
}

TEST(SoftmaxAttention, EveryBackendIsTheReference) {
  EXPECT_THAT(testing::backend_names<SoftmaxAttention>(), ::testing::IsSupersetOf({"cpu", "sdpa"}));
  testing::expect_every_backend_conforms<SoftmaxAttention>(attention_cases(true));
}

// What training uses on a CPU, within rounding (docs/attention.md); the last row has several chunks.
TEST(SoftmaxAttention, TheBackendOfTrainingIsExact) {
  const auto compare = [](int64_t T, int64_t K, SinkMode mode, double single) {
    const Inputs in = make_inputs({.T = T, .K = K, .mode = mode});
    const std::string what = "T " + std::to_string(T) + " K " + std::to_string(K);
    const Result reference = run(explicit_attention, in, mode, Loss::both, at::kDouble);
    expect_close(run(softmax_attention, in, mode, Loss::both, at::kDouble), reference, 1e-13, what);
    expect_close(run(softmax_attention, in, mode, Loss::both, at::kFloat), reference, single, what);
  };
  for (const SinkMode mode : {SinkMode::none, SinkMode::first_key, SinkMode::logit}) {
    for (const int64_t T : {2, 33})
      for (const int64_t K : {16, 24, 64, 96, 128}) compare(T, K, mode, 1e-6);
    compare(513, 64, mode, 2e-6);
  }
}

TEST(SdpaFixups, EveryBackendIsTheReference) {
  EXPECT_THAT(testing::backend_names<fixups::SdpaFixups>(),
              ::testing::IsSupersetOf({"cuda on cpu", "plain"}));
  const tensor::ForcedBackend<SoftmaxAttention> forced("sdpa");
  testing::expect_every_backend_conforms<fixups::SdpaFixups>(attention_cases(false));
}

Conformance gate_case(int64_t K, bool per_channel, double spread, int64_t T = 7) {
  const at::Tensor x = testing::random_fp64({2, 3, T, K}, 1);
  const at::Tensor logit =
      (per_channel ? testing::random_fp64({2, T, 3, K}, 2) : testing::random_fp64({2, T, 3}, 2)) *
      spread;
  return {.what = "K " + std::to_string(K) + (per_channel ? " per channel" : " per head") +
                  " spread " + std::to_string(spread),
          .op =
              [](const Tensors& in) {
                AttentionOut r = gate_multiply(in[0], in[1]);
                return Tensors{r.out_BHTK, r.gate_BHT};
              },
          .reference =
              [](const Tensors& in) {
                const at::Tensor gate = at::sigmoid(in[1].transpose(1, 2));
                if (gate.dim() == 3) return Tensors{in[0] * gate.unsqueeze(-1), gate};
                return Tensors{in[0] * gate, gate.mean(-1)};
              },
          .inputs = {x, logit}};
}

TEST(GateMultiply, EveryBackendIsTheReference) {
  EXPECT_THAT(testing::backend_names<GateMultiply>(),
              ::testing::IsSupersetOf({"cpu", "cuda on cpu", "plain"}));
  std::vector<Conformance> cases;
  for (const int64_t K : {16, 24, 5, 1})
    for (const bool per_channel : {false, true})
      for (const double spread : {1.0, 8.0}) cases.push_back(gate_case(K, per_channel, spread));
  for (const bool per_channel : {false, true}) cases.push_back(gate_case(64, per_channel, 1, 70));
  testing::expect_every_backend_conforms<GateMultiply>(cases);
}

// 1 - value has no digits there; the slope must not be made from it.
TEST(GateMultiply, SaturatedGatesKeepTheirSlopeInEveryBackend) {
  for (const std::string& backend : testing::backend_names<GateMultiply>()) {
    const tensor::ForcedBackend<GateMultiply> forced(backend);
    const at::Tensor x = at::ones({1, 1, 2, 8}),
                     logit = at::tensor({20.0f, -20.0f}).view({1, 2, 1}).set_requires_grad(true);
    gate_multiply(x, logit).gate_BHT.sum().backward();
    const double slope = std::exp(-20) / std::pow(1 + std::exp(-20), 2);
    EXPECT_NEAR(logit.grad().min().item<double>() / slope, 1, 1e-6) << backend;
    EXPECT_NEAR(logit.grad().max().item<double>() / slope, 1, 1e-6) << backend;
  }
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
