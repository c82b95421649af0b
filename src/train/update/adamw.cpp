#include "train/update/adamw.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "train/kernels/adamw.h"

namespace sinkmoe::train {

namespace {

namespace plain {

at::Tensor norm(const at::Tensor& grad_n) {
  return at::linalg_vector_norm(grad_n, 2, std::nullopt, false, at::kDouble);
}

// The elements [begin, end) with weight decay `decay`; `go` is a bool tensor, `scale` clips.
void update_part(const AdamWUpdate& u, int64_t begin, int64_t end, double decay,
                 const at::Tensor& go, const at::Tensor& scale) {
  const auto part = [&](const at::Tensor& x) { return x.narrow(0, begin, end - begin); };
  const auto input = [&](StepInput i) { return u.inputs.select(0, i).to(u.param_n.scalar_type()); };
  const at::Tensor g = part(u.grad_n) * scale;
  at::Tensor p = part(u.param_n), m = part(u.m_n), v = part(u.v_n);
  const at::Tensor new_m = m * u.config.beta1 + g * (1 - u.config.beta1),
                   new_v = v * u.config.beta2 + g * g * (1 - u.config.beta2);
  const at::Tensor root = (new_v / input(kBias2)).sqrt() + u.config.adam_eps;
  const at::Tensor rate = input(kRate);
  const at::Tensor new_p = p * (1 - rate * decay) - rate / input(kBias1) * new_m / root;
  p.copy_(at::where(go, new_p, p));
  m.copy_(at::where(go, new_m, m));
  v.copy_(at::where(go, new_v, v));
}

void update(const AdamWUpdate& u) {
  const at::NoGradGuard no_grad;
  const at::Tensor go = u.results.isfinite().all();
  const at::Tensor scale =
      u.config.clip > 0
          ? (u.config.clip / u.results.select(0, kNorm)).clamp_max(1).to(u.param_n.scalar_type())
          : at::ones({}, u.param_n.options());
  update_part(u, 0, u.decayed, u.config.weight_decay, go, scale);
  update_part(u, u.decayed, u.param_n.numel(), 0, go, scale);
  if (u.bf16_n.defined()) at::Tensor(u.bf16_n).copy_(u.param_n);
}

}  // namespace plain

namespace cpu {

constexpr int64_t kGrain = 1 << 15;  // fixed, so that sums do not depend on the number of threads

at::Tensor norm(const at::Tensor& grad_n) {
  const int64_t n = grad_n.numel(), chunks = (n + kGrain - 1) / kGrain;
  std::vector<double> sums(static_cast<size_t>(chunks));
  at::parallel_for(0, chunks, 1, [&](int64_t b, int64_t e) {
    for (int64_t i = b; i < e; ++i)
      sums[static_cast<size_t>(i)] = kernel::sum_of_squares(
          i * kGrain, std::min(n, (i + 1) * kGrain), grad_n.const_data_ptr<float>());
  });
  return at::scalar_tensor(std::sqrt(std::accumulate(sums.begin(), sums.end(), 0.0)), at::kDouble);
}

void update_part(const AdamWUpdate& u, int64_t begin, int64_t end, double decay, double scale) {
  const auto f = [](double x) { return static_cast<float>(x); };
  const double* in = u.inputs.const_data_ptr<double>();
  const kernel::AdamW options{.lr = f(in[kRate]),
                              .beta1 = f(u.config.beta1),
                              .beta2 = f(u.config.beta2),
                              .eps = f(u.config.adam_eps),
                              .weight_decay = f(decay),
                              .grad_scale = f(scale),
                              .bias1 = f(in[kBias1]),
                              .bias2 = f(in[kBias2])};
  at::parallel_for(begin, end, kGrain, [&](int64_t b, int64_t e) {
    kernel::adamw(b, e, options, u.grad_n.const_data_ptr<float>(), u.param_n.data_ptr<float>(),
                  u.m_n.data_ptr<float>(), u.v_n.data_ptr<float>());
  });
}

void update(const AdamWUpdate& u) {
  const at::NoGradGuard no_grad;
  const double* results = u.results.const_data_ptr<double>();
  if (!std::all_of(results, results + kStepResults, [](double x) { return std::isfinite(x); }))
    return;
  const double clip = u.config.clip, norm = results[kNorm],
               scale = clip > 0 && norm > clip ? clip / norm : 1.0;
  update_part(u, 0, u.decayed, u.config.weight_decay, scale);
  update_part(u, u.decayed, u.param_n.numel(), 0, scale);
  if (u.bf16_n.defined()) at::Tensor(u.bf16_n).copy_(u.param_n);
}

}  // namespace cpu

const tensor::Backend<AdamW> on_any{tensor::kPlain, {plain::norm, plain::update}};
const tensor::Backend<AdamW> on_cpu{{"cpu", at::kCPU, {at::kFloat}}, {cpu::norm, cpu::update}};

}  // namespace

std::array<double, kStepInputs> step_inputs(const config::TrainConfig& config, int64_t step,
                                            double rate, double balance_weight) {
  const double time = static_cast<double>(step + 1);
  std::array<double, kStepInputs> out{};
  out[kRate] = rate;
  out[kBias1] = 1 - std::pow(config.beta1, time);
  out[kBias2] = 1 - std::pow(config.beta2, time);
  out[kWeight] = balance_weight;
  return out;
}

}  // namespace sinkmoe::train
