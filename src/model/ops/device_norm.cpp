#include "model/ops/device_norm.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

namespace sinkmoe::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::Variable;
using torch::autograd::variable_list;

const NormKernels*& announced() {
  static const NormKernels* kernels = nullptr;  // set before main, in any order
  return kernels;
}

struct DeviceNorm : Function<DeviceNorm> {
  static variable_list forward(AutogradContext* ctx, const Variable& x, const Variable& w,
                               double eps, int64_t kernels) {
    const auto [y, inverse] = reinterpret_cast<const NormKernels*>(kernels)->forward(x, w, eps);
    ctx->save_for_backward({x, w, inverse});
    ctx->saved_data["kernels"] = kernels;
    ctx->set_materialize_grads(false);
    return {x.alias(), y};
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    if (!grads[1].defined()) return {grads[0], Variable(), Variable(), Variable()};
    const variable_list saved = ctx->get_saved_variables();
    const auto* kernels = reinterpret_cast<const NormKernels*>(ctx->saved_data["kernels"].toInt());
    const at::Tensor residual = grads[0].defined() ? grads[0].contiguous() : at::Tensor();
    auto [dx, dw] =
        kernels->backward(grads[1].contiguous(), saved[0], saved[1], saved[2], residual);
    return {dx, dw, Variable(), Variable()};
  }
};

}  // namespace

void set_cuda_norm(const NormKernels* kernels) { announced() = kernels; }

const NormKernels* norm_kernels(const at::Tensor& x, const at::Tensor& w) {
  return x.is_cuda() && announced() && announced()->fits(x, w) ? announced() : nullptr;
}

std::pair<at::Tensor, at::Tensor> branch_norm_by(const NormKernels& kernels, const at::Tensor& x,
                                                 const at::Tensor& w, double eps) {
  variable_list out =
      DeviceNorm::apply(x.contiguous(), w, eps, reinterpret_cast<int64_t>(&kernels));
  return {out[0], out[1]};
}

}  // namespace sinkmoe::model
