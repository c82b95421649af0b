// bf16 copies of weights: one flat buffer beside the fp32 master weights.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "tensor/params.h"

namespace sinkmoe::tensor {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::Variable;
using torch::autograd::variable_list;

thread_local const ParamSet* active = nullptr;

// The copy in the forward pass, the parameter in the backward pass.
struct HalfOf : Function<HalfOf> {
  static Variable forward(AutogradContext* ctx, const Variable& weight, const at::Tensor& half) {
    const at::AutoDispatchBelowADInplaceOrView guard;  // a fresh tensor, not a tracked view
    ctx->saved_data["type"] = static_cast<int64_t>(weight.scalar_type());
    return half.alias();
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const auto type = static_cast<at::ScalarType>(ctx->saved_data["type"].toInt());
    return {grads[0].to(type), Variable()};
  }
};

}  // namespace

const at::Tensor& ParamSet::half() const {
  if (flat_.scalar_type() != at::kFloat) return half_;
  const auto version = static_cast<uint32_t>(flat_._version());
  if (half_.defined() && version == half_version_) return half_;
  const at::NoGradGuard no_grad;
  if (half_.defined())
    half_.copy_(flat_);
  else
    half_ = flat_.to(at::kBFloat16);
  half_version_ = version;
  return half_;
}

void ParamSet::half_is_current() const { half_version_ = static_cast<uint32_t>(flat_._version()); }

at::Tensor ParamSet::half_of(const at::Tensor& value) const {
  if (!half().defined() || !value.is_alias_of(flat_)) return {};
  const at::AutoDispatchBelowADInplaceOrView guard;
  return half_.narrow(0, value.storage_offset(), value.numel()).view(value.sizes());
}

at::Tensor weight_as(const at::Tensor& weight, at::ScalarType type) {
  if (weight.scalar_type() == type) return weight;
  const at::Tensor half = active && type == at::kBFloat16 && weight.is_contiguous()
                              ? active->half_of(weight)
                              : at::Tensor();
  return half.defined() ? HalfOf::apply(weight, half) : weight.to(type);
}

HalfWeights::HalfWeights(const ParamSet* params) : outer_(active) { active = params; }

HalfWeights::~HalfWeights() { active = outer_; }

}  // namespace sinkmoe::tensor
