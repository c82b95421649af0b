#include "train/update/optimizer.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <utility>

namespace sinkmoe::train {

namespace {

constexpr int64_t kAlign = 16;  // elements; a slice begins on a cache line

std::vector<int64_t> borders_of(int64_t n, int64_t slices) {
  std::vector<int64_t> borders;
  for (int64_t i = 0; i < slices; ++i) borders.push_back(n * i / slices / kAlign * kAlign);
  borders.push_back(n);
  return borders;
}

}  // namespace

Optimizer::Optimizer(tensor::ParamSet& params, const config::TrainConfig& config,
                     ranks::Group* group)
    : params_(params),
      group_(group),
      slice_(group ? static_cast<size_t>(group->rank()) : 0),
      borders_(borders_of(params.flat().numel(), group ? group->size() : 1)) {
  const int64_t from = begin(), size = borders_[slice_ + 1] - from;
  const auto part = [&](const at::Tensor& x) { return x.narrow(0, from, size); };
  const at::TensorOptions numbers = params.flat().options().dtype(at::kDouble);
  update_ = {.param_n = group ? part(params.flat()) : params.flat(),
             .grad_n = group ? part(params.flat_grad()) : params.flat_grad(),
             .m_n = at::zeros({size}, params.flat().options()),
             .v_n = at::zeros({size}, params.flat().options()),
             .bf16_n = {},
             .decayed = std::clamp<int64_t>(params.decayed() - from, 0, size),
             .inputs = at::zeros({kStepInputs}, numbers),
             .results = at::zeros({kStepResults}, numbers),
             .config = config};
}

double Optimizer::gradient_norm() const {
  const at::Tensor& grad_n = params_.flat_grad();
  return tensor::kernels<AdamW>(grad_n).norm(grad_n).item<double>();
}

void Optimizer::step(int64_t step, double lr, double gradient_norm) {
  const auto inputs = step_inputs(update_.config, step, lr, 0);
  for (int64_t i = 0; i < kStepInputs; ++i) update_.inputs[i] = inputs[static_cast<size_t>(i)];
  update_.results[kNorm] = gradient_norm;
  tensor::kernels<AdamW>(update_.param_n).update(update_);
  for (int64_t i = 0; group_ && i < group_->size(); ++i) {
    const int64_t from = borders_[static_cast<size_t>(i)];
    group_->broadcast(params_.flat().narrow(0, from, borders_[static_cast<size_t>(i) + 1] - from),
                      i);
  }
}

Moments Optimizer::moments() const {
  if (!group_) return {update_.m_n, update_.v_n};
  if (slice_ != 0) {
    group_->send(update_.m_n, 0);
    group_->send(update_.v_n, 0);
    return {};
  }
  const Moments all{at::zeros_like(params_.flat()), at::zeros_like(params_.flat())};
  for (size_t i = 0; i + 1 < borders_.size(); ++i)
    for (const auto& [own, whole] : {std::pair(update_.m_n, all.m_n), {update_.v_n, all.v_n}}) {
      const at::Tensor part = whole.narrow(0, borders_[i], borders_[i + 1] - borders_[i]);
      if (i == 0)
        at::Tensor(part).copy_(own);
      else
        group_->receive(part, static_cast<int64_t>(i));
    }
  return all;
}

}  // namespace sinkmoe::train
