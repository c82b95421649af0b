// AdamW on device tensors: the ATen version against the CPU optimizer, and the CUDA kernel, run on
// the CPU (support/kernels_on_cpu.h), against the ATen version.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "train/update/device_update.h"
#include "train/update/optimizer.h"

#define SINKMOE_KERNELS_ON_CPU
#define cuda cuda_on_cpu  // the kernels of a CUDA build keep their names to themselves
#include "train/cuda/adamw.cu"
#include "train/cuda/update_cuda.cpp"
#undef cuda

namespace sinkmoe::train {
namespace {

struct State {
  tensor::ParamSet params;
  config::TrainConfig config;
  std::unique_ptr<Optimizer> optimizer;
  DeviceUpdate update;

  explicit State(double clip) {
    params.add({"matrix", {70, 30}, tensor::ParamSpec::Init::normal, 1.0, true});
    params.add({"vector", {501}, tensor::ParamSpec::Init::constant, 0.5, false});
    params.materialise(3, at::kCPU);
    config.clip = clip;
    optimizer = std::make_unique<Optimizer>(params, config);
    update = {.param_n = params.flat(),
              .grad_n = params.flat_grad(),
              .m_n = optimizer->first_moment(),
              .v_n = optimizer->second_moment(),
              .half_n = params.half(),
              .decayed = params.decayed(),
              .controls = at::zeros({kControls}, at::kDouble),
              .outcomes = at::zeros({kOutcomes}, at::kDouble),
              .config = config};
  }

  void prepare(int64_t step) {
    at::Tensor g = params.flat_grad();
    g.copy_(at::sin(at::arange(g.numel(), at::kFloat) * 0.37 + static_cast<double>(step)));
    config::RunConfig run;
    run.train = config;
    const auto controls = step_controls(run, step);
    std::copy(controls.begin(), controls.end(), update.controls.data_ptr<double>());
    update.outcomes[kLoss] = 1;
    update.outcomes[kNorm] = optimizer->gradient_norm();
  }

  bool same(const State& o, double bound) const {
    const auto near = [&](const at::Tensor& a, const at::Tensor& b) {
      return ((a - b).norm() / b.norm()).item<double>() <= bound;
    };
    return near(params.flat(), o.params.flat()) &&
           near(optimizer->first_moment(), o.optimizer->first_moment()) &&
           near(optimizer->second_moment(), o.optimizer->second_moment());
  }
};

void host_update(State& s, int64_t step) {
  s.optimizer->step(step, s.update.controls[kRate].item<double>(),
                    s.update.outcomes[kNorm].item<double>());
}

TEST(DeviceUpdate, PlainVersionAndKernelAreTheHostsAdamW) {
  for (const double clip : {0.0, 1.0, 1e6}) {
    State host(clip), plain(clip), kernel(clip);
    for (int64_t step = 0; step < 5; ++step) {
      for (State* s : {&host, &plain, &kernel}) s->prepare(step);
      host_update(host, step);
      plain_update(plain.update);
      update_by_kernel(kernel.update);
    }
    EXPECT_TRUE(plain.same(host, 1e-6)) << clip;
    EXPECT_TRUE(kernel.same(host, 1e-6)) << clip;
    for (const State* s : {&plain, &kernel})
      EXPECT_TRUE(s->update.half_n.equal(s->update.param_n.to(at::kBFloat16))) << clip;
  }
}

TEST(DeviceUpdate, NothingChangesWhereAnOutcomeIsNotFinite) {
  for (const int64_t bad : {kLoss, kBalance, kNorm})
    for (const double value : {std::nan(""), HUGE_VAL}) {
      State plain(1), kernel(1), untouched(1);
      for (State* s : {&plain, &kernel}) {
        s->prepare(0);
        s->update.outcomes[bad] = value;
      }
      plain_update(plain.update);
      update_by_kernel(kernel.update);
      for (const State* s : {&plain, &kernel}) {
        EXPECT_TRUE(s->params.flat().equal(untouched.params.flat()));
        EXPECT_TRUE(s->optimizer->first_moment().equal(untouched.optimizer->first_moment()));
      }
    }
}

}  // namespace
}  // namespace sinkmoe::train
