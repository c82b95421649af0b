#include "train/update/optimizer.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace sinkmoe::train {

Optimizer::Optimizer(tensor::ParamSet& params, const config::TrainConfig& config)
    : params_(params),
      update_{.param_n = params.flat(),
              .grad_n = params.flat_grad(),
              .m_n = at::zeros_like(params.flat()),
              .v_n = at::zeros_like(params.flat()),
              .bf16_n = {},
              .decayed = params.decayed(),
              .inputs = at::zeros({kStepInputs}, params.flat().options().dtype(at::kDouble)),
              .results = at::zeros({kStepResults}, params.flat().options().dtype(at::kDouble)),
              .config = config} {}

double Optimizer::gradient_norm() const {
  const at::Tensor& grad_n = params_.flat_grad();
  return tensor::kernels<AdamW>(grad_n).norm(grad_n).item<double>();
}

void Optimizer::step(int64_t step, double lr, double gradient_norm) {
  const auto inputs = step_inputs(update_.config, step, lr, 0);
  for (int64_t i = 0; i < kStepInputs; ++i) update_.inputs[i] = inputs[static_cast<size_t>(i)];
  update_.results[kNorm] = gradient_norm;
  tensor::kernels<AdamW>(update_.param_n).update(update_);
}

}  // namespace sinkmoe::train
