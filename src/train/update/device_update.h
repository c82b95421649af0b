// AdamW as work on tensors alone: nothing of it depends on a number that the host holds, so
// that a recorded step can be played again with another rate. The numbers of a step stand in a
// small tensor of controls.
#pragma once

#include <ATen/core/Tensor.h>

#include <array>

#include "config/run_config.h"
#include "tensor/params.h"

namespace sinkmoe::train {

// Places in the tensor of controls, fp64 [kControls]. kBias1, kBias2: 1 - beta^t of this update.
enum Control : int64_t { kRate, kBias1, kBias2, kWeight, kControls };
// Places in the tensor of outcomes, fp64 [kOutcomes].
enum Outcomes : int64_t { kLoss, kBalance, kNorm, kOutcomes };

// The controls of optimizer step `step` (0-based): the same rate and corrections as the host's.
std::array<double, kControls> step_controls(const config::RunConfig& config, int64_t step);

struct DeviceUpdate {
  at::Tensor param_n, grad_n, m_n, v_n;  // fp32, as ParamSet::flat()
  at::Tensor half_n;                     // bf16 copy of param_n, or undefined
  int64_t decayed = 0;                   // weight decay applies to this many elements
  at::Tensor controls, outcomes;
  config::TrainConfig config;
};

// One update, and the bf16 copy made equal. Where an outcome is not finite nothing changes.
void update_on_device(const DeviceUpdate& update);

// The same in ATen ops, on any device.
void plain_update(const DeviceUpdate& update);

// A kernel for CUDA tensors announces itself here (train/cuda/).
void set_cuda_update(void (*update)(const DeviceUpdate&));

}  // namespace sinkmoe::train
