#include "model/recompute.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/custom_function.h>
#include <torch/custom_class.h>

#include "tensor/second_derivative.h"

namespace sinkmoe::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::Variable;
using torch::autograd::variable_list;

struct Kept : torch::CustomClassHolder {
  explicit Kept(LayerFunction f) : layer(std::move(f)) {}
  LayerFunction layer;
};

struct Recomputed : Function<Recomputed> {
  static variable_list forward(AutogradContext* ctx, const Variable& x,
                               const LayerFunction& layer) {
    ctx->save_for_backward({x});
    ctx->saved_data["layer"] = c10::IValue::make_capsule(c10::make_intrusive<Kept>(layer));
    ctx->set_materialize_grads(false);  // without a balance loss the gates have no gradient
    auto [y, gate] = layer(x);
    return {y, gate};
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    tensor::refuse_second_derivative("recomputed");
    const auto kept =
        c10::static_intrusive_pointer_cast<Kept>(ctx->saved_data["layer"].toCapsule());
    const at::Tensor x = ctx->get_saved_variables()[0].detach().set_requires_grad(true);
    variable_list outputs, gradients;
    {
      const at::AutoGradMode with_gradient(true);
      const auto [y, gate] = kept->layer(x);
      if (grads[0].defined()) outputs.push_back(y), gradients.push_back(grads[0]);
      // The gate of a variant without gates is a constant.
      if (grads[1].defined() && gate.requires_grad())
        outputs.push_back(gate), gradients.push_back(grads[1]);
    }
    grads.clear();
    torch::autograd::backward(outputs, gradients);
    return {x.grad(), Variable()};
  }
};

}  // namespace

std::pair<at::Tensor, at::Tensor> recomputed(const LayerFunction& layer, const at::Tensor& x_BTC) {
  // If no input needed a gradient (the embedding is frozen), autograd would leave the layer out.
  const at::Tensor x = x_BTC.requires_grad() ? x_BTC : x_BTC.detach().set_requires_grad(true);
  const variable_list out = Recomputed::apply(x, layer);
  return {out[0], out[1]};
}

}  // namespace sinkmoe::model
