// The whole optimizer step on a CPU: gradients of the micro-batches, sums over ranks, update.
#pragma once

#include "train/data/prefetch.h"
#include "train/step_numbers.h"
#include "train/trainable/trainable.h"
#include "train/update/loss_gradients.h"
#include "train/update/optimizer.h"

namespace sinkmoe::train {

class HostStep {
 public:
  struct Parts {
    const config::RunConfig& config;
    const data::DataSource& source;
    tensor::ParamSet& model;  // the forward pass reads these
    PartialTraining& partial;
    Optimizer& optimizer;
    const LossGradients& gradients;
    ranks::Group* group;  // null: one process
  };
  // Throws Error: a rank would have no row of a micro-batch.
  explicit HostStep(const Parts& parts);

  // Step `step`; its numbers are those of the whole batch. If they are not finite, no parameter
  // changes. `stop`: whether this rank was asked to stop; afterwards, whether any rank was.
  StepNumbers operator()(int64_t step, const at::Tensor& shared_LH, bool& stop);

 private:
  Parts p_;
  ranks::Rows own_;
  BatchAhead batches_;
};

}  // namespace sinkmoe::train
