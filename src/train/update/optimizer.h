// AdamW over the flat buffers of a ParamSet, for steps whose numbers the host knows. Weight decay
// applies to the decayed slice only.
#pragma once

#include <ATen/core/Tensor.h>

#include "config/run_config.h"
#include "tensor/params.h"
#include "train/update/adamw.h"

namespace sinkmoe::train {

class Optimizer {
 public:
  Optimizer(tensor::ParamSet& params, const config::TrainConfig& config);

  // Norm of the whole gradient, before clipping. Does not depend on the number of threads.
  double gradient_norm() const;
  // Does one update, with the gradient scaled down to norm config.clip. `step` counts from 0.
  void step(int64_t step, double lr, double gradient_norm);

  const tensor::ParamSet& params() const { return params_; }
  const at::Tensor& first_moment() const { return update_.m_n; }   // [n], as params.flat()
  const at::Tensor& second_moment() const { return update_.v_n; }  // [n]

 private:
  tensor::ParamSet& params_;
  AdamWUpdate update_;
};

}  // namespace sinkmoe::train
