#include "train/trainable/trainable.h"

namespace sinkmoe::train {

PartialTraining::PartialTraining(model::Decoder& model) : model_(model) {
  const config::TrainConfig& train = model.config().train;
  const bool probed = model.config().eval.probes == config::Probes::full;  // needs gradients
  if (train.steps == 0 && !train.init_checkpoint.empty() && !probed) {
    // A model that is only measured needs no gradients and no moments: a fifth of the memory.
    nothing_ = std::make_unique<tensor::ParamSet>();
    nothing_->materialise(0, model.params().flat().device(), model.params().flat().scalar_type());
    model.params().freeze();
  } else if (train.lora_rank == 0) {
    return;
  } else if (model.config().train.lora_form == config::LoraForm::peft) {
    beside_ = std::make_unique<ActivationAdapters>(model);
  } else {
    adapters_ = std::make_unique<LowRankAdapters>(model);
  }
}

tensor::ParamSet& PartialTraining::trained() {
  if (nothing_) return *nothing_;
  if (beside_) return beside_->params();
  return adapters_ ? adapters_->params() : model_.params();
}

void PartialTraining::begin(bool resumed, TrainState& state) {
  if (adapters_) {
    resumed ? adapters_->restore(state.base, state.adapters) : adapters_->take_base();
    state.base = adapters_->base();
    state.adapters = adapters_->values();
  }
  if (beside_) {
    if (resumed) beside_->restore(state.adapters);
    state.adapters = beside_->params().flat();
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
  const int64_t trained = nothing_    ? 0
                          : beside_   ? beside_->params().count()
                          : adapters_ ? adapters_->params().count()
                                      : all - (frozen_ ? frozen_->count() : 0);
  return {{"model/parameters", 0, -1, -1, static_cast<double>(all)},
          {"model/trained", 0, -1, -1, static_cast<double>(trained)}};
}

}  // namespace sinkmoe::train
