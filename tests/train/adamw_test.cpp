// AdamW: every backend against the update written out in fp64. The CUDA kernel runs on the processor
// (support/kernels_on_cpu.h).
#include "train/update/adamw.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "support/conformance.h"
#include "tensor/params.h"
#include "train/update/optimizer.h"

#define SINKMOE_KERNELS_ON_CPU
#define cuda cuda_on_cpu  // the kernels of a CUDA build keep their names to themselves
#include "train/cuda/adamw.cu"
#include "train/cuda/adamw_cuda.cpp"
#undef cuda

namespace sinkmoe::train {
namespace {

constexpr double kRateOfTest = 1e-2;

// More elements than a chunk of the fused loop; sizes that kernels can read and that they cannot.
struct State {
  AdamWUpdate u;
  const AdamW::Kernels& kernels;

  State(const std::string& backend, at::ScalarType type, int64_t decayed, int64_t n, double clip)
      : kernels(tensor::kernels_of<AdamW>(backend)) {
    const at::Tensor start = testing::random_fp64({n}, 1);
    u = {.param_n = start.to(type),
         .grad_n = at::zeros({n}, type),
         .m_n = at::zeros({n}, type),
         .v_n = at::zeros({n}, type),
         .bf16_n = at::zeros({n}, at::kBFloat16),
         .decayed = decayed,
         .inputs = at::zeros({kStepInputs}, at::kDouble),
         .results = at::zeros({kStepResults}, at::kDouble),
         .config = {}};
    u.config.clip = clip;
    u.config.weight_decay = 0.1;
  }

  void prepare(int64_t step) {
    u.grad_n.copy_(gradient(step));
    const auto inputs = step_inputs(u.config, step, kRateOfTest, 0);
    std::copy(inputs.begin(), inputs.end(), u.inputs.data_ptr<double>());
    u.results[kLoss] = 1;
    u.results[kNorm] = kernels.norm(u.grad_n);
  }

  // Some elements never get a gradient; others a huge or a tiny one.
  at::Tensor gradient(int64_t step) const {
    at::Tensor g =
        at::sin(at::arange(u.param_n.numel(), at::kDouble) * 0.37 + static_cast<double>(step));
    g[0] = 0;
    g[1] = 1e3;
    g[2] = 1e-9;
    return g;
  }
};

// AdamW from its definition (Loshchilov and Hutter), in fp64.
at::Tensor reference(const State& s, const at::Tensor& start, int64_t steps) {
  const config::TrainConfig& c = s.u.config;
  const at::Tensor decay =
      (at::arange(start.numel()) < s.u.decayed).to(at::kDouble) * c.weight_decay;
  at::Tensor p = start.to(at::kDouble), m = at::zeros_like(p), v = at::zeros_like(p);
  for (int64_t t = 1; t <= steps; ++t) {
    at::Tensor g = s.gradient(t - 1).to(s.u.param_n.scalar_type()).to(at::kDouble);
    const double norm = g.norm().item<double>();
    if (c.clip > 0 && norm > c.clip) g = g * (c.clip / norm);
    m = m * c.beta1 + g * (1 - c.beta1);
    v = v * c.beta2 + g * g * (1 - c.beta2);
    const double time = static_cast<double>(t);
    const at::Tensor step = m / (1 - std::pow(c.beta1, time)) /
                            ((v / (1 - std::pow(c.beta2, time))).sqrt() + c.adam_eps);
    p = p - kRateOfTest * (decay * p + step);
  }
  return p;
}

void expect_reference(const tensor::BackendInfo& info, at::ScalarType type) {
  for (const auto& [decayed, n] :
       {std::pair<int64_t, int64_t>{8, 16}, {40000, 80000}, {0, 44}, {7, 21}})
    for (const double clip : {0.0, 1.0, 1e9}) {
      SCOPED_TRACE(info.name + ", n " + std::to_string(n) + ", clip " + std::to_string(clip));
      State s(info.name, type, decayed, n, clip);
      const at::Tensor start = s.u.param_n.clone();
      for (int64_t step = 0; step < 5; ++step) {
        s.prepare(step);
        EXPECT_NEAR(
            s.u.results[kNorm].item<double>() / s.u.grad_n.to(at::kDouble).norm().item<double>(), 1,
            1e-12);
        s.kernels.update(s.u);
      }
      // The way that was gone, so that an update which does nothing is far off.
      const at::Tensor expected = reference(s, start, 5), from = start.to(at::kDouble);
      EXPECT_LE(testing::distance(s.u.param_n.to(at::kDouble) - from, expected - from),
                type == at::kDouble ? 1e-12 : 2e-5);
      EXPECT_TRUE(s.u.bf16_n.equal(s.u.param_n.to(at::kBFloat16)));
    }
}

TEST(AdamW, EveryBackendIsTheReference) {
  EXPECT_THAT(testing::backend_names<AdamW>(),
              ::testing::IsSupersetOf({"cpu", "cuda on cpu", "plain"}));
  for (const tensor::BackendInfo& info : tensor::backends_on<AdamW>(at::kCPU))
    for (const at::ScalarType type : {at::kDouble, at::kFloat})
      if (testing::conformance::takes(info, type)) expect_reference(info, type);
}

TEST(AdamW, NothingChangesWhereAResultIsNotFinite) {
  for (const std::string& backend : testing::backend_names<AdamW>())
    for (const int64_t bad : {kLoss, kBalance, kNorm})
      for (const double value : {std::nan(""), HUGE_VAL}) {
        State s(backend, at::kFloat, 8, 16, 1), untouched(backend, at::kFloat, 8, 16, 1);
        s.prepare(0);
        s.u.results[bad] = value;
        s.kernels.update(s.u);
        EXPECT_TRUE(s.u.param_n.equal(untouched.u.param_n)) << backend;
        EXPECT_TRUE(s.u.m_n.equal(untouched.u.m_n)) << backend;
        EXPECT_TRUE(s.u.v_n.equal(untouched.u.v_n)) << backend;
      }
}

// One parameter with decay and one without, as a model has them.
TEST(Optimizer, DecaysMatricesOnlyAndClips) {
  tensor::ParamSet params;
  const at::Tensor &matrix = params.add({"m", {4, 4}, tensor::ParamSpec::Init::constant, 1, true}),
                   &vector = params.add({"v", {16}, tensor::ParamSpec::Init::constant, 1, false});
  params.materialise(0, at::kCPU);
  config::TrainConfig config;
  config.clip = 1;
  config.weight_decay = 0.1;
  Optimizer optimizer(params, config);
  EXPECT_EQ(optimizer.gradient_norm(), 0);
  optimizer.step(0, 0.5, 0);
  EXPECT_TRUE(matrix.equal(at::full({4, 4}, 1 - 0.5 * 0.1)));
  EXPECT_TRUE(vector.equal(at::ones({16})));
  matrix.grad().fill_(3);
  EXPECT_DOUBLE_EQ(optimizer.gradient_norm(), 12);
  optimizer.step(1, 0.5, 12);
  EXPECT_NEAR(optimizer.first_moment()[0].item<double>(), (1 - config.beta1) * 3 / 12, 1e-8);
}

}  // namespace
}  // namespace sinkmoe::train
