// bf16 copies of weights: one flat buffer in addition to the fp32 master weights.
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

// The forward pass uses the copy; the gradient goes to the parameter.
struct Bf16Copy : Function<Bf16Copy> {
  static Variable forward(AutogradContext* ctx, const Variable& weight, const at::Tensor& copy) {
    const at::AutoDispatchBelowADInplaceOrView guard;  // a fresh tensor, not a tracked view
    ctx->saved_data["type"] = static_cast<int64_t>(weight.scalar_type());
    return copy.alias();
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const auto type = static_cast<at::ScalarType>(ctx->saved_data["type"].toInt());
    return {grads[0].to(type), Variable()};
  }
};

}  // namespace

const at::Tensor& ParamSet::bf16() const {
  if (flat_.scalar_type() != at::kFloat) return bf16_;
  const auto version = static_cast<uint32_t>(flat_._version());
  if (bf16_.defined() && version == bf16_version_) return bf16_;
  const at::NoGradGuard no_grad;
  if (bf16_.defined())
    bf16_.copy_(flat_);
  else
    bf16_ = flat_.to(at::kBFloat16);
  bf16_version_ = version;
  return bf16_;
}

void ParamSet::bf16_is_current() const { bf16_version_ = static_cast<uint32_t>(flat_._version()); }

at::Tensor ParamSet::bf16_of(const at::Tensor& value) const {
  if (!bf16().defined() || !value.is_alias_of(flat_)) return {};
  const at::AutoDispatchBelowADInplaceOrView guard;
  return bf16_.narrow(0, value.storage_offset(), value.numel()).view(value.sizes());
}

at::Tensor weight_as(const at::Tensor& weight, at::ScalarType type) {
  if (weight.scalar_type() == type) return weight;
  const at::Tensor copy = active && type == at::kBFloat16 && weight.is_contiguous()
                              ? active->bf16_of(weight)
                              : at::Tensor();
  return copy.defined() ? Bf16Copy::apply(weight, copy) : weight.to(type);
}

Bf16Weights::Bf16Weights(const ParamSet* params) : outer_(active) { active = params; }

Bf16Weights::~Bf16Weights() { active = outer_; }

}  // namespace sinkmoe::tensor
