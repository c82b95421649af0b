// Saves and loads the state of training at a step: parameters, moments, chosen shared heads,
// adapters. Random numbers are functions of (seed, purpose, step), so there is no generator state.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>

#include "core/run/run.h"
#include "model/decoder.h"
#include "train/divergence.h"
#include "train/update/optimizer.h"

namespace sinkmoe::train {

struct TrainState {
  int64_t step = 0;
  at::Tensor shared_LH;       // bool, undefined: none
  at::Tensor base, adapters;  // flat tensors of LowRankAdapters, undefined: none
  // The model's own parameters do not change and are not in the file (train.lora_form = peft).
  bool model_is_fixed = false;
  DivergenceCheck::Past loss_past;  // checkpoints of earlier versions have nothing of it
};

// Writes FILE atomically (safetensors: params, m, v, and shared, base, adapters if defined). Throws
// Error, and NotFinite for a weight or moment, so that the last checkpoint is a good one.
void save_checkpoint(const std::filesystem::path& file, const model::Decoder& model,
                     const Moments& moments, const TrainState& state);

// Reads such a file, without the model's parameters if `model_is_fixed`, and of the moments those that
// the optimizer keeps. Throws Error: damaged, of
// another configuration, wrong sizes.
TrainState load_checkpoint(const std::filesystem::path& file, model::Decoder& model,
                           Optimizer& optimizer, bool model_is_fixed = false);

}  // namespace sinkmoe::train
