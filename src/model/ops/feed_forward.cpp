#include "model/ops/feed_forward.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "model/ops/ops.h"
#include "model/ops/over_rows.h"
#include "model/ops/ownership.h"
#include "model/ops/trains.h"
#include "tensor/params.h"
#include "tensor/second_derivative.h"

namespace sinkmoe::model {

namespace {

using config::Mlp;
using tensor::Backend;
using tensor::kernels;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::Variable;
using torch::autograd::variable_list;

namespace plain {

at::Tensor forward(Mlp kind, const at::Tensor& h) {
  if (kind == Mlp::gelu) return at::gelu(h, "tanh");
  if (kind == Mlp::relu2) return at::relu(h).square();
  const int64_t F = h.size(-1) / 2;
  return at::silu(h.narrow(-1, 0, F)) * h.narrow(-1, F, F);
}

at::Tensor backward(Mlp kind, const at::Tensor& h, const at::Tensor& da) {
  if (kind == Mlp::gelu) return at::gelu_backward(da, h, "tanh");
  if (kind == Mlp::relu2) return da * at::relu(h) * 2;
  const int64_t F = da.size(-1);
  const at::Tensor gate = h.narrow(-1, 0, F), up = h.narrow(-1, F, F);
  return at::cat({at::silu_backward(da * up, gate), da * at::silu(gate)}, -1);
}

}  // namespace plain

namespace cpu {

at::Tensor forward(Mlp kind, const at::Tensor& h) {
  const int64_t N = h.size(0), F = kind == Mlp::swiglu ? h.size(1) / 2 : h.size(1);
  const at::Tensor a = at::empty({N, F}, h.options());
  if (kind == Mlp::swiglu) {
    over_rows(N, [&](kernel::Rows r) { kernel::swiglu(r, F, data(h), data(a)); });
    return a;
  }
  at::parallel_for(0, a.numel(), kElementGrain, [&](int64_t b, int64_t e) {
    kind == Mlp::gelu ? kernel::gelu(b, e, data(h), data(a))
                      : kernel::relu2(b, e, data(h), data(a));
  });
  return a;
}

// In place if dh has the shape of da. GELU left its derivative in h.
at::Tensor backward(Mlp kind, const at::Tensor& h, const at::Tensor& da) {
  const int64_t N = h.size(0), F = da.size(-1);
  if (kind == Mlp::swiglu) {
    const at::Tensor dh = at::empty_like(h);
    over_rows(N,
              [&](kernel::Rows r) { kernel::swiglu_backward(r, F, data(h), data(da), data(dh)); });
    return dh;
  }
  const auto pass = kind == Mlp::gelu ? kernel::gelu_backward : kernel::relu2_backward;
  at::parallel_for(0, da.numel(), kElementGrain,
                   [&](int64_t b, int64_t e) { pass(b, e, data(h), data(da)); });
  return da;
}

}  // namespace cpu

const Backend<Activation> on_any{tensor::kPlain, {plain::forward, plain::backward}};
const Backend<Activation> on_cpu{{"cpu", at::kCPU, {at::kFloat}}, {cpu::forward, cpu::backward}};

struct FeedForwardUp : Function<FeedForwardUp> {
  static Variable forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& w,
                          int64_t kind) {
    const at::AutoDispatchBelowADInplaceOrView guard;  // the output is a view of new memory
    const int64_t C = x.size(-1), N = x.numel() / C;
    const at::Tensor h = at::mm(x.view({N, C}), w.t());
    const at::Tensor a = kernels<Activation>(h).forward(static_cast<Mlp>(kind), h);
    ctx->save_for_backward({x, w, h});
    ctx->saved_data["kind"] = kind;
    return a.view({x.size(0), x.size(1), a.size(-1)});
  }
  // The list is taken by reference, because a copy would count as a second owner of the gradient.
  static variable_list backward(AutogradContext* ctx, variable_list& grads) {
    tensor::refuse_second_derivative("feed_forward_up");
    const auto saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &w = saved[1], &h = saved[2];
    const int64_t C = x.size(-1), N = x.numel() / C;
    at::Tensor da = std::move(grads[0]);
    if (!is_ours(da, 1) || !da.is_contiguous())
      da = da.clone(at::MemoryFormat::Contiguous);  // it has another reader
    const at::Tensor dh = kernels<Activation>(h).backward(
        static_cast<Mlp>(ctx->saved_data["kind"].toInt()), h, da.view({N, -1}));
    return {at::mm(dh, w).view_as(x), trains(ctx, 1) ? at::mm(dh.t(), x.view({N, C})) : Variable(),
            Variable()};
  }
};

}  // namespace

at::Tensor feed_forward_up(const at::Tensor& x_BTC, const at::Tensor& w_FC, config::Mlp kind) {
  return FeedForwardUp::apply(x_BTC.contiguous(), tensor::weight_as(w_FC, x_BTC.scalar_type()),
                              static_cast<int64_t>(kind));
}

}  // namespace sinkmoe::model
