// The operation "AdamW" (Loshchilov and Hutter, decoupled weight decay) over flat buffers. It works
// on tensors only: the numbers of a step are in a small tensor, so that a recorded step can be
// replayed with another learning rate.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>

#include "config/run_config.h"
#include "tensor/backends.h"

namespace sinkmoe::train {

// Indices in the tensor of a step's inputs, fp64. kBias1, kBias2: 1 - beta^t of this update.
enum StepInput : int64_t { kRate, kBias1, kBias2, kWeight, kStepInputs };
// Indices in the tensor of a step's results, fp64.
enum StepResult : int64_t { kLoss, kBalance, kNorm, kStepResults };

// The inputs of optimizer step `step` (0-based).
std::array<double, kStepInputs> step_inputs(const config::TrainConfig& config, int64_t step,
                                            double rate, double balance_weight);

struct AdamWUpdate {
  at::Tensor param_n, grad_n, m_n, v_n;  // as ParamSet::flat()
  at::Tensor bf16_n;                     // bf16 copy of param_n, or undefined
  int64_t decayed = 0;                   // weight decay applies to this many elements
  at::Tensor inputs, results;            // [kStepInputs], [kStepResults], on the same device
  config::TrainConfig config;
};

struct AdamW {
  static constexpr const char* name = "AdamW";
  struct Kernels {
    // L2 norm of the gradient, an fp64 scalar on its device.
    at::Tensor (*norm)(const at::Tensor& grad_n);
    // One update, with the gradient scaled down to norm config.clip; also updates the bf16 copy. If
    // a result is not finite, nothing changes.
    void (*update)(const AdamWUpdate& update);
  };
};

}  // namespace sinkmoe::train
