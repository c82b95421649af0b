// What of a model trains: all of it, all but its attention (train.control), or low-rank adapters.
#pragma once

#include <memory>
#include <optional>

#include "train/checkpoint.h"
#include "train/trainable/lora.h"
#include "train/update/controls.h"

namespace sinkmoe::train {

class PartialTraining {
 public:
  // Declares the adapters that the model's configuration asks for.
  explicit PartialTraining(model::Decoder& model);
  // What the optimizer trains.
  tensor::ParamSet& trained() { return adapters_ ? adapters_->params() : model_.params(); }

  // Once the weights are loaded: `resumed` from a checkpoint with this state, or fresh. Writes the
  // adapters into the state.
  void begin(bool resumed, TrainState& state);
  bool all() const { return !adapters_ && !frozen_; }
  void adjust_gradients() const;  // between backward and the optimizer
  void adjust_weights() const;    // after the optimizer

 private:
  model::Decoder& model_;
  std::unique_ptr<LowRankAdapters> adapters_;
  std::optional<FrozenParams> frozen_;
};

}  // namespace sinkmoe::train
