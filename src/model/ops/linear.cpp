// Matrix products with weights, and the embedding.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "model/ops/ops.h"
#include "model/ops/trains.h"
#include "tensor/params.h"
#include "tensor/second_derivative.h"

namespace sinkmoe::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::Variable;
using torch::autograd::variable_list;

struct AddLinear : Function<AddLinear> {
  static Variable forward(AutogradContext* ctx, const at::Tensor& residual, const at::Tensor& x,
                          const at::Tensor& w) {
    const int64_t C = x.size(-1), N = x.numel() / C;
    ctx->save_for_backward({x, w});
    return at::addmm(residual.view({N, w.size(0)}), x.view({N, C}), w.t()).view_as(residual);
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    tensor::refuse_second_derivative("add_linear");
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &w = saved[1];
    const int64_t C = x.size(-1), N = x.numel() / C;
    const at::Tensor dy = grads[0].contiguous().view({N, w.size(0)});
    return {grads[0], at::mm(dy, w).view_as(x),
            trains(ctx, 2) ? at::mm(dy.t(), x.view({N, C})) : Variable()};
  }
};

// One thread sums the gradient in token order, so that it repeats bit for bit.
struct Embed : Function<Embed> {
  static Variable forward(AutogradContext* ctx, const at::Tensor& w, const at::Tensor& ids) {
    ctx->save_for_backward({ids});
    ctx->saved_data["V"] = w.size(0);
    return at::embedding(w, ids);
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    tensor::refuse_second_derivative("embed");
    const at::Tensor ids = ctx->get_saved_variables()[0].contiguous(), dy = grads[0].contiguous();
    const int64_t C = dy.size(-1), N = ids.numel();
    const at::Tensor dw = at::zeros({ctx->saved_data["V"].toInt(), C}, dy.options());
    const int64_t* id = ids.data_ptr<int64_t>();
    for (int64_t n = 0; n < N; ++n) {
      float* row = dw.data_ptr<float>() + id[n] * C;
      const float* d = dy.const_data_ptr<float>() + n * C;
      for (int64_t c = 0; c < C; ++c) row[c] += d[c];
    }
    return {dw, Variable()};
  }
};

}  // namespace

at::Tensor linear(const at::Tensor& x_NC, const at::Tensor& w_OC) {
  return at::linear(x_NC, tensor::weight_as(w_OC, x_NC.scalar_type()));
}

at::Tensor add_linear(const at::Tensor& residual_NO, const at::Tensor& x_NC,
                      const at::Tensor& w_OC) {
  return AddLinear::apply(residual_NO.contiguous(), x_NC.contiguous(),
                          tensor::weight_as(w_OC, x_NC.scalar_type()));
}

at::Tensor embed(const at::Tensor& w_VC, const at::Tensor& ids_BT) {
  const bool own = w_VC.is_cpu() && w_VC.scalar_type() == at::kFloat;
  return own ? Embed::apply(w_VC, ids_BT) : at::embedding(w_VC, ids_BT);
}

}  // namespace sinkmoe::model
