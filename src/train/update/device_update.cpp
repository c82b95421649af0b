#include "train/update/device_update.h"

#include <ATen/ATen.h>

#include <cmath>

#include "train/update/schedule.h"

namespace sinkmoe::train {

namespace {

void (*&cuda_update())(const DeviceUpdate&) {
  static void (*update)(const DeviceUpdate&) = nullptr;  // set before main, in any order
  return update;
}

// The elements [begin, end) with weight decay `decay`; `go` is a bool tensor, `scale` clips.
void update_part(const DeviceUpdate& u, int64_t begin, int64_t end, double decay,
                 const at::Tensor& go, const at::Tensor& scale) {
  const auto part = [&](const at::Tensor& x) { return x.narrow(0, begin, end - begin); };
  const auto control = [&](Control c) { return u.controls.select(0, c).to(at::kFloat); };
  const at::Tensor g = part(u.grad_n) * scale;
  at::Tensor p = part(u.param_n), m = part(u.m_n), v = part(u.v_n);
  const at::Tensor new_m = m * u.config.beta1 + g * (1 - u.config.beta1),
                   new_v = v * u.config.beta2 + g * g * (1 - u.config.beta2);
  const at::Tensor root = (new_v / control(kBias2)).sqrt() + u.config.adam_eps;
  const at::Tensor rate = control(kRate);
  const at::Tensor new_p = p * (1 - rate * decay) - rate / control(kBias1) * new_m / root;
  p.copy_(at::where(go, new_p, p));
  m.copy_(at::where(go, new_m, m));
  v.copy_(at::where(go, new_v, v));
}

}  // namespace

std::array<double, kControls> step_controls(const config::RunConfig& config, int64_t step) {
  const double time = static_cast<double>(step + 1);
  std::array<double, kControls> out{};
  out[kRate] = learning_rate(config.train, step);
  out[kBias1] = 1 - std::pow(config.train.beta1, time);
  out[kBias2] = 1 - std::pow(config.train.beta2, time);
  out[kWeight] = config.balance.weight;
  return out;
}

void plain_update(const DeviceUpdate& u) {
  const at::NoGradGuard no_grad;
  const at::Tensor norm = u.outcomes.select(0, kNorm), go = u.outcomes.isfinite().all();
  const at::Tensor scale = u.config.clip > 0 ? (u.config.clip / norm).clamp_max(1).to(at::kFloat)
                                             : at::ones({}, u.param_n.options());
  update_part(u, 0, u.decayed, u.config.weight_decay, go, scale);
  update_part(u, u.decayed, u.param_n.numel(), 0, go, scale);
  at::Tensor half = u.half_n;
  if (half.defined()) half.copy_(u.param_n);
}

void set_cuda_update(void (*update)(const DeviceUpdate&)) { cuda_update() = update; }

void update_on_device(const DeviceUpdate& u) {
  if (u.param_n.is_cuda() && cuda_update())
    cuda_update()(u);
  else
    plain_update(u);
}

}  // namespace sinkmoe::train
