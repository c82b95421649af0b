// AdamW over the flat buffers of a ParamSet, for steps whose numbers the host knows. Weight decay
// applies to the decayed slice only.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "config/run_config.h"
#include "ranks/ranks.h"
#include "tensor/params.h"
#include "train/update/adamw.h"

namespace sinkmoe::train {

struct Moments {
  at::Tensor m_n, v_n;  // as params.flat()
};

class Optimizer {
 public:
  // With a group, each rank keeps the moments of one slice of the parameters (run.shard =
  // optimizer), updates them, and sends them to the others. Null: this process keeps all.
  Optimizer(tensor::ParamSet& params, const config::TrainConfig& config,
            ranks::Group* group = nullptr);

  // Norm of the whole gradient, before clipping. Does not depend on the number of threads.
  double gradient_norm() const;
  // Does one update, with the gradient scaled down to norm config.clip. `step` counts from 0.
  void step(int64_t step, double lr, double gradient_norm);

  const tensor::ParamSet& params() const { return params_; }
  // Of this process's slice: elements begin() and on of params.flat().
  const at::Tensor& first_moment() const { return update_.m_n; }
  const at::Tensor& second_moment() const { return update_.v_n; }
  int64_t begin() const { return borders_.at(slice_); }
  // The moments of all parameters; on other ranks than 0 undefined. All ranks call it together.
  Moments moments() const;

 private:
  tensor::ParamSet& params_;
  ranks::Group* group_;
  size_t slice_;                  // of this process
  std::vector<int64_t> borders_;  // of the slices
  AdamWUpdate update_;
};

}  // namespace sinkmoe::train
