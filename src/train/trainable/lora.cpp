#include "train/trainable/lora.h"

#include <ATen/ATen.h>

#include <cmath>

#include "core/error.h"

namespace sinkmoe::train {

namespace {

bool adapted(const std::string& parameter) {
  return parameter.ends_with(".qkv_proj.weight") || parameter.ends_with(".o_proj.weight");
}

}  // namespace

LowRankAdapters::LowRankAdapters(model::Decoder& model)
    : model_(model),
      scale_(model.config().train.lora_alpha / static_cast<double>(model.config().train.lora_rank)),
      base_(model.params().flat().detach().clone()) {
  const int64_t rank = model.config().train.lora_rank;
  for (const tensor::ParamSet::Entry& entry : model.params().entries()) {
    if (!adapted(entry.spec.name)) continue;
    const int64_t out = entry.spec.shape[0], in = entry.spec.shape[1];
    const at::Tensor& A = params_.add({.name = entry.spec.name + ".lora_A",
                                       .shape = {rank, in},
                                       .value = 1 / std::sqrt(static_cast<double>(in)),
                                       .decay = true});
    const at::Tensor& B = params_.add({.name = entry.spec.name + ".lora_B",
                                       .shape = {out, rank},
                                       .init = tensor::ParamSpec::Init::constant,
                                       .decay = true});
    adapters_.push_back({&A, &B, entry.value.detach(), entry.value.grad(),
                         base_.narrow(0, entry.offset, out * in).view({out, in})});
  }
  const at::Tensor& flat = model.params().flat();
  params_.materialise(static_cast<uint64_t>(model.config().train.seed), flat.device(),
                      flat.scalar_type());
}

void LowRankAdapters::take_base() { base_.copy_(model_.params().flat()); }

void LowRankAdapters::restore(const at::Tensor& base, const at::Tensor& values) {
  const at::NoGradGuard no_grad;
  if (!base.defined() || !values.defined() || base.sizes() != base_.sizes() ||
      values.sizes() != params_.flat().sizes())
    throw Error("the checkpoint's adapters have another size than this configuration's", "",
                "the checkpoint is of another run");
  base_.copy_(base);
  at::Tensor(params_.flat()).copy_(values);
  write_weights();
}

void LowRankAdapters::write_weights() {
  const at::NoGradGuard no_grad;
  for (Adapter& a : adapters_) at::addmm_out(a.weight_OI, a.base_OI, *a.B_OR, *a.A_RI, 1, scale_);
}

void LowRankAdapters::gather_gradients() {
  const at::NoGradGuard no_grad;
  for (const Adapter& a : adapters_) {
    a.A_RI->grad().copy_(at::mm(a.B_OR->t(), a.gradient_OI) * scale_);
    a.B_OR->grad().copy_(at::mm(a.gradient_OI, a.A_RI->t()) * scale_);
  }
}

}  // namespace sinkmoe::train
