#include "train/trainable/trainable.h"

namespace sinkmoe::train {

PartialTraining::PartialTraining(model::Decoder& model) : model_(model) {
  if (model.config().train.lora_rank > 0) adapters_ = std::make_unique<LowRankAdapters>(model);
}

void PartialTraining::begin(bool resumed, TrainState& state) {
  if (adapters_) {
    resumed ? adapters_->restore(state.base, state.adapters) : adapters_->take_base();
    state.base = adapters_->base();
    state.adapters = adapters_->values();
  }
  if (model_.config().train.control == config::Control::frozen_attention)
    frozen_.emplace(model_.params(), is_attention);
}

void PartialTraining::adjust_gradients() const {
  if (frozen_) frozen_->clear_gradients();
  if (adapters_) adapters_->gather_gradients();
}

void PartialTraining::adjust_weights() const {
  if (frozen_) frozen_->restore();
  if (adapters_) adapters_->write_weights();
}

std::vector<MetricRow> PartialTraining::sizes() const {
  const int64_t all = model_.params().count();
  const int64_t trained =
      adapters_ ? adapters_->params().count() : all - (frozen_ ? frozen_->count() : 0);
  return {{"model/parameters", 0, -1, -1, static_cast<double>(all)},
          {"model/trained", 0, -1, -1, static_cast<double>(trained)}};
}

}  // namespace sinkmoe::train
