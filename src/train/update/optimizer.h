// AdamW over the flat buffers of a ParamSet (Loshchilov and Hutter, decoupled decay; decay on
// the decayed slice only).
#pragma once

#include <ATen/core/Tensor.h>

#include "config/run_config.h"
#include "tensor/params.h"

namespace sinkmoe::train {

class Optimizer {
 public:
  Optimizer(tensor::ParamSet& params, const config::TrainConfig& config);

  // Norm of the whole gradient, before clipping. The same value for every number of threads.
  double gradient_norm() const;
  // One update with the gradient scaled down to config.clip; `step` counts from 0.
  void step(int64_t step, double lr, double gradient_norm);

  const tensor::ParamSet& params() const { return params_; }
  const at::Tensor& first_moment() const { return m_; }   // [n], as params.flat()
  const at::Tensor& second_moment() const { return v_; }  // [n]

 private:
  void update_cpu(int64_t begin, int64_t end, double lr, double decay, double scale, int64_t t);
  void update_plain(int64_t begin, int64_t end, double lr, double decay, double scale, int64_t t);

  tensor::ParamSet& params_;
  config::TrainConfig config_;
  at::Tensor m_, v_;
};

}  // namespace sinkmoe::train
