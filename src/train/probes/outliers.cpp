#include "train/probes/outliers.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "metrics/probe_math.h"

namespace sinkmoe::train {

namespace {

double largest_of(const at::Tensor& x) { return x.abs().max().item<double>(); }

at::Tensor sum_of_kurtosis(const at::Tensor& x) {
  return metrics::kurtosis_B(x).sum().to(at::kCPU);
}

}  // namespace

Outliers find_outliers(const model::Decoder& model, const ProbeSample& sample) {
  const int64_t L = model.config().model.layers;
  Outliers found;
  for (at::Tensor* x :
       {&found.residual_kurtosis_L, &found.output_kurtosis_L, &found.max_activation_L})
    *x = at::zeros({L}, at::kDouble);
  at::Tensor before;
  const model::ActivationEdit look = [&](model::Site site, int64_t layer, const at::Tensor& x) {
    if (site != model::Site::residual) {
      double& most = found.largest[{site, layer}];
      most = std::max(most, largest_of(x));
    } else {
      if (layer >= 0) {
        found.residual_kurtosis_L[layer] += sum_of_kurtosis(x);
        found.output_kurtosis_L[layer] +=
            sum_of_kurtosis(x.to(at::kDouble) - before.to(at::kDouble));
        double* most = found.max_activation_L.data_ptr<double>() + layer;
        *most = std::max(*most, largest_of(x));
      }
      before = x;
    }
    return x;
  };
  sample.loss(model, {.edit_activations = &look});
  found.residual_kurtosis_L /= static_cast<double>(sample.rows());
  found.output_kurtosis_L /= static_cast<double>(sample.rows());
  return found;
}

RoundedWeights::RoundedWeights(const tensor::ParamSet& params)
    : flat_(params.flat().detach()), kept_(flat_.clone()) {
  const at::NoGradGuard no_grad;
  for (const tensor::ParamSet::Entry& entry : params.entries()) {
    if (entry.spec.shape.size() < 2) continue;
    at::Tensor value = entry.value.detach();
    value.copy_(metrics::int8_round_trip(value, largest_of(value)));
  }
}

RoundedWeights::~RoundedWeights() { flat_.copy_(kept_); }

double int8_loss(const model::Decoder& model, const ProbeSample& sample, const Outliers& outliers) {
  const RoundedWeights rounded(model.params());
  const model::ActivationEdit edit = [&](model::Site site, int64_t layer, const at::Tensor& x) {
    return site == model::Site::residual
               ? x
               : metrics::int8_round_trip(x, outliers.largest.at({site, layer}));
  };
  return sample.loss(model, {.edit_activations = &edit});
}

}  // namespace sinkmoe::train
