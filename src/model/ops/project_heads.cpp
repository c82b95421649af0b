// Queries, keys and values: one product, rotated in place; one buffer of gradients in the backward
// pass.
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <optional>
#include <vector>

#include "model/ops/ops.h"
#include "model/ops/ownership.h"
#include "model/ops/rotary.h"
#include "model/ops/trains.h"
#include "tensor/params.h"
#include "tensor/second_derivative.h"

namespace sinkmoe::model {

namespace {

using tensor::kernels;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// The heads of q, k and v in a row of F = (H + 2 J) K elements.
struct Layout {
  int64_t B, T, H, J, K;
  int64_t all() const { return H + 2 * J; }
  int64_t heads_of(size_t part) const { return part == 0 ? H : J; }
};

// The buffer [N, F] itself, if dq, dk, dv are its three parts, as the attention op on a CPU makes them.
std::optional<at::Tensor> joined_heads(const variable_list& grads, const Layout& n) {
  if (!grads[0].defined()) return {};
  const auto* next = static_cast<const char*>(grads[0].const_data_ptr());
  for (size_t i = 0; i < grads.size(); ++i) {
    const at::Tensor& g = grads[i];
    if (!g.defined() || !is_ours(g, grads.size()) || g.const_data_ptr() != next ||
        g.strides() != at::IntArrayRef{n.T * n.all() * n.K, n.K, n.all() * n.K, 1})
      return {};
    next += n.heads_of(i) * n.K * static_cast<int64_t>(g.element_size());
  }
  return grads[0].as_strided({n.B * n.T, n.all() * n.K}, {n.all() * n.K, 1});
}

// dq, dk, dv, each [B,heads,T,K] in any layout, as one [N,F] buffer that may be overwritten.
at::Tensor gather_heads(const variable_list& grads, const Layout& n,
                        const at::TensorOptions& options) {
  if (auto joined = joined_heads(grads, n)) return *joined;
  const at::Tensor out = at::empty({n.B, n.T, n.all(), n.K}, options);
  int64_t head = 0;
  for (size_t i = 0; i < grads.size(); ++i) {
    at::Tensor slot = out.narrow(2, head, n.heads_of(i));
    grads[i].defined() ? slot.copy_(grads[i].transpose(1, 2)) : slot.zero_();
    head += n.heads_of(i);
  }
  return out.view({n.B * n.T, n.all() * n.K});
}

// w in the type of x. Undefined rotary tables: no positions.
struct ProjectHeads : Function<ProjectHeads> {
  static Layout layout(const at::Tensor& x, const at::Tensor& w, int64_t H, int64_t J) {
    return {x.size(0), x.size(1), H, J, w.size(0) / (H + 2 * J)};
  }

  static variable_list forward(AutogradContext* ctx, const Variable& x, const Variable& w,
                               int64_t H, int64_t J, const std::optional<at::Tensor>& cosine,
                               const std::optional<at::Tensor>& sine) {
    const at::AutoDispatchBelowADInplaceOrView guard;  // outputs are views of new memory
    const Layout n = layout(x, w, H, J);
    const at::Tensor y = at::mm(x.view({n.B * n.T, x.size(2)}), w.t());
    if (cosine) kernels<Rotary>(y).rotate(y, n.T, H + J, n.K, {*cosine, *sine}, 1);
    ctx->save_for_backward({x, w, cosine.value_or(at::Tensor()), sine.value_or(at::Tensor())});
    ctx->saved_data["H"] = H;
    ctx->saved_data["J"] = J;
    ctx->set_materialize_grads(false);
    const at::Tensor heads = y.view({n.B, n.T, n.all(), n.K}).transpose(1, 2);
    return {heads.narrow(1, 0, H), heads.narrow(1, H, J), heads.narrow(1, H + J, J)};
  }

  static variable_list backward(AutogradContext* ctx, variable_list& grads) {
    tensor::refuse_second_derivative("project_heads");
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &w = saved[1];
    const Layout n = layout(x, w, ctx->saved_data["H"].toInt(), ctx->saved_data["J"].toInt());
    const at::Tensor dy = gather_heads(grads, n, x.options());
    if (saved[2].defined())
      kernels<Rotary>(dy).rotate(dy, n.T, n.H + n.J, n.K, {saved[2], saved[3]}, -1);
    const at::Tensor x_NC = x.view({n.B * n.T, x.size(2)});
    variable_list out(6);
    out[0] = at::mm(dy, w).view_as(x);
    if (trains(ctx, 1)) out[1] = at::mm(dy.t(), x_NC);
    return out;
  }
};

}  // namespace

HeadsQKV project_heads(const at::Tensor& x_BTC, const at::Tensor& w_FC, int64_t H, int64_t J,
                       const RotaryTable& rotary) {
  std::optional<at::Tensor> cosine, sine;
  if (rotary.cos_TK2.defined()) cosine = rotary.cos_TK2, sine = rotary.sin_TK2;
  const variable_list out = ProjectHeads::apply(
      x_BTC.contiguous(), tensor::weight_as(w_FC, x_BTC.scalar_type()), H, J, cosine, sine);
  return {out[0], out[1], out[2]};
}

}  // namespace sinkmoe::model
