// Measures large activations, and what 8-bit rounding costs because of them.
#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <utility>

#include "train/probes/probe_sample.h"

namespace sinkmoe::train {

struct Outliers {
  // Per layer, fp64: mean over rows of the kurtosis of the residual stream after the layer and of
  // what the layer adds to it (over tokens and channels), and the largest |residual| of the sample.
  at::Tensor residual_kurtosis_L, output_kurtosis_L, max_activation_L;
  // Largest |x| of the sample where x enters a linear map.
  std::map<std::pair<model::Site, int64_t>, double> largest;
};

Outliers find_outliers(const model::Decoder& model, const ProbeSample& sample);

// Rounds every matrix of the model to 8 bits, one scale per matrix, until this object is destroyed.
class RoundedWeights {
 public:
  explicit RoundedWeights(const tensor::ParamSet& params);
  ~RoundedWeights();
  RoundedWeights(const RoundedWeights&) = delete;
  RoundedWeights& operator=(const RoundedWeights&) = delete;

 private:
  at::Tensor flat_, kept_;
};

// Loss with matrices, and activations that enter a linear map, rounded to symmetric 8-bit integers,
// one scale per tensor (for an activation, its largest value in the same sample). Norms, sink
// logits and the residual stream are not rounded.
double int8_loss(const model::Decoder& model, const ProbeSample& sample, const Outliers& outliers);

}  // namespace sinkmoe::train
