// Which parameters train: all, all except attention (train.control), or low-rank adapters in one of
// two forms (train.lora_form).
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "core/run/metric.h"
#include "train/checkpoint.h"
#include "train/trainable/activation_adapters.h"
#include "train/trainable/lora.h"
#include "train/update/controls.h"

namespace sinkmoe::train {

class PartialTraining {
 public:
  // Declares the adapters, if the configuration has them.
  explicit PartialTraining(model::Decoder& model);
  // The parameters that the optimizer trains.
  tensor::ParamSet& trained();

  // Call once the weights are loaded, either `resumed` from a checkpoint with this state or new.
  // Writes the adapters into the state.
  void begin(bool resumed, TrainState& state);
  std::vector<MetricRow> sizes() const;  // model/parameters, model/trained
  bool all() const { return !adapters_ && !beside_ && !frozen_; }
  // The adapters beside the frozen model (train.lora_form = peft), or null. Checkpoints then hold
  // the adapters only, and a resumed attempt loads the model again.
  ActivationAdapters* beside() { return beside_.get(); }
  void adjust_gradients() const;  // between backward and the optimizer
  void adjust_weights() const;    // after the optimizer

 private:
  model::Decoder& model_;
  std::unique_ptr<LowRankAdapters> adapters_;
  std::unique_ptr<ActivationAdapters> beside_;
  std::unique_ptr<tensor::ParamSet> nothing_;  // a pretrained model that is only measured
  std::optional<FrozenParams> frozen_;
};

}  // namespace sinkmoe::train
