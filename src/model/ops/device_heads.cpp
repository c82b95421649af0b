#include "model/ops/device_heads.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "tensor/params.h"

namespace sinkmoe::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::Variable;
using torch::autograd::variable_list;

RotateRows& announced() {
  static RotateRows rotate = nullptr;  // set before main, in any order
  return rotate;
}

struct DeviceHeads : Function<DeviceHeads> {
  // w in the type of x.
  static variable_list forward(AutogradContext* ctx, const Variable& x, const Variable& w,
                               int64_t H, int64_t J, const at::Tensor& cosine,
                               const at::Tensor& sine, int64_t rotate) {
    const at::AutoDispatchBelowADInplaceOrView guard;  // outputs are views of fresh memory
    const int64_t B = x.size(0), T = x.size(1), all = H + 2 * J, K = w.size(0) / all;
    const at::Tensor y = at::mm(x.view({B * T, x.size(2)}), w.t());
    reinterpret_cast<RotateRows>(rotate)(y, T, H + J, K, {cosine, sine}, 1);
    ctx->save_for_backward({x, w, cosine, sine});
    ctx->saved_data["H"] = H;
    ctx->saved_data["J"] = J;
    ctx->saved_data["rotate"] = rotate;
    ctx->set_materialize_grads(false);
    const at::Tensor heads = y.view({B, T, all, K}).transpose(1, 2);
    return {heads.narrow(1, 0, H), heads.narrow(1, H, J), heads.narrow(1, H + J, J)};
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &w = saved[1];
    const int64_t H = ctx->saved_data["H"].toInt(), J = ctx->saved_data["J"].toInt();
    const int64_t B = x.size(0), T = x.size(1), all = H + 2 * J, K = w.size(0) / all;
    const at::Tensor dy = at::empty({B, T, all, K}, x.options());
    int64_t head = 0;
    for (size_t i = 0; i < 3; ++i) {
      at::Tensor slot = dy.narrow(2, head, i == 0 ? H : J);
      grads[i].defined() ? slot.copy_(grads[i].transpose(1, 2)) : slot.zero_();
      head += slot.size(2);
    }
    const at::Tensor dy_NF = dy.view({B * T, all * K});
    reinterpret_cast<RotateRows>(ctx->saved_data["rotate"].toInt())(dy_NF, T, H + J, K,
                                                                    {saved[2], saved[3]}, -1);
    const at::Tensor x_NC = x.view({B * T, x.size(2)});
    variable_list out(7);
    out[0] = at::mm(dy_NF, w).view_as(x);
    out[1] = at::mm(dy_NF.t(), x_NC);
    return out;
  }
};

}  // namespace

void set_cuda_rotation(RotateRows rotate) { announced() = rotate; }

RotateRows rotation_for(const at::Tensor& x, const RotaryTable& rotary) {
  const at::ScalarType type = x.scalar_type();
  const bool fits = x.is_cuda() && (type == at::kFloat || type == at::kBFloat16) &&
                    rotary.cos_TK2.defined() && rotary.cos_TK2.is_contiguous() &&
                    rotary.sin_TK2.is_contiguous();
  return fits ? announced() : nullptr;
}

HeadsQKV project_heads_by(RotateRows rotate, const at::Tensor& x, const at::Tensor& w, int64_t H,
                          int64_t J, const RotaryTable& rotary) {
  const variable_list out =
      DeviceHeads::apply(x.contiguous(), tensor::weight_as(w, x.scalar_type()), H, J,
                         rotary.cos_TK2, rotary.sin_TK2, reinterpret_cast<int64_t>(rotate));
  return {out[0], out[1], out[2]};
}

}  // namespace sinkmoe::model
