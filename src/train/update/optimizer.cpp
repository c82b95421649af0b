#include "train/update/optimizer.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "model/ops/ops.h"
#include "model/ops/step_kernel.h"

namespace sinkmoe::train {

namespace {
constexpr int64_t kGrain = 1 << 15;  // fixed, so that sums do not depend on the number of threads
}

Optimizer::Optimizer(tensor::ParamSet& params, const config::TrainConfig& config)
    : params_(params),
      config_(config),
      m_(at::zeros_like(params.flat())),
      v_(at::zeros_like(params.flat())) {}

double Optimizer::gradient_norm() const {
  const at::Tensor& g = params_.flat_grad();
  if (!model::fused(g)) return g.to(at::kDouble).square().sum().sqrt().item<double>();
  const int64_t n = g.numel(), chunks = (n + kGrain - 1) / kGrain;
  std::vector<double> sums(static_cast<size_t>(chunks));
  at::parallel_for(0, chunks, 1, [&](int64_t b, int64_t e) {
    for (int64_t i = b; i < e; ++i)
      sums[static_cast<size_t>(i)] = model::step_kernel::sum_of_squares(
          i * kGrain, std::min(n, (i + 1) * kGrain), g.data_ptr<float>());
  });
  return std::sqrt(std::accumulate(sums.begin(), sums.end(), 0.0));
}

void Optimizer::step(int64_t step, double lr, double gradient_norm) {
  const double scale =
      config_.clip > 0 && gradient_norm > config_.clip ? config_.clip / gradient_norm : 1.0;
  const int64_t n = params_.flat().numel(), decayed = params_.decayed();
  const auto update =
      model::fused(params_.flat()) ? &Optimizer::update_cpu : &Optimizer::update_plain;
  (this->*update)(0, decayed, lr, config_.weight_decay, scale, step + 1);
  (this->*update)(decayed, n, lr, 0, scale, step + 1);
}

void Optimizer::update_cpu(int64_t begin, int64_t end, double lr, double decay, double scale,
                           int64_t t) {
  auto f = [](double x) { return static_cast<float>(x); };
  const double time = static_cast<double>(t);
  const model::step_kernel::AdamW options{f(lr),
                                          f(config_.beta1),
                                          f(config_.beta2),
                                          f(config_.adam_eps),
                                          f(decay),
                                          f(scale),
                                          f(1 - std::pow(config_.beta1, time)),
                                          f(1 - std::pow(config_.beta2, time))};
  at::parallel_for(begin, end, kGrain, [&](int64_t b, int64_t e) {
    model::step_kernel::adamw(b, e, options, params_.flat_grad().data_ptr<float>(),
                              params_.flat().data_ptr<float>(), m_.data_ptr<float>(),
                              v_.data_ptr<float>());
  });
}

void Optimizer::update_plain(int64_t begin, int64_t end, double lr, double decay, double scale,
                             int64_t t) {
  const at::NoGradGuard no_grad;
  const int64_t n = end - begin;
  const at::Tensor g = params_.flat_grad().narrow(0, begin, n) * scale;
  at::Tensor p = params_.flat().narrow(0, begin, n), m = m_.narrow(0, begin, n),
             v = v_.narrow(0, begin, n);
  const double time = static_cast<double>(t);
  m.mul_(config_.beta1).add_(g, 1 - config_.beta1);
  v.mul_(config_.beta2).addcmul_(g, g, 1 - config_.beta2);
  const at::Tensor root = (v / (1 - std::pow(config_.beta2, time))).sqrt_().add_(config_.adam_eps);
  p.mul_(1 - lr * decay).addcdiv_(m, root, -lr / (1 - std::pow(config_.beta1, time)));
}

}  // namespace sinkmoe::train
