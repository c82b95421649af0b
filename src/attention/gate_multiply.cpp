#include "attention/gate_multiply.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <stdexcept>

#include "attention/cpu/gate_kernel.h"
#include "attention/cpu/on_tensors.h"
#include "attention/sdpa/sdpa_ops.h"
#include "tensor/second_derivative.h"

namespace sinkmoe::attention {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::Variable;
using torch::autograd::variable_list;
using namespace on_tensors;

// Everything in [B,H,T(,K)] views; the last stride of tensors with K is 1.
template <class T>
variable_list gate_forward(const at::Tensor& in_BHTK, const at::Tensor& logit) {
  const Sizes n = sizes(in_BHTK, in_BHTK);
  const at::Tensor out = empty_BHTK(n, n.H, n.T, in_BHTK), gate = empty_BHT(n, n.T, in_BHTK);
  const kernel::Gate<T> a{.n = n,
                          .per_channel = logit.dim() == 4,
                          .in = in<T>(in_BHTK),
                          .logit = in<T>(logit),
                          .out = into<T>(out),
                          .gate = into<T>(gate)};
  for_each_block(
      n, [&](int64_t, int64_t b, int64_t from, int64_t to) { kernel::gate(a, b, from, to); });
  return {out, gate};
}

template <class T>
variable_list gate_backward(const at::Tensor& d_out, const at::Tensor& d_gate,
                            const at::Tensor& in_BHTK, const at::Tensor& logit) {
  const Sizes n = sizes(in_BHTK, in_BHTK);
  const at::Tensor d_in = empty_BHTK(n, n.H, n.T, in_BHTK);
  const at::Tensor d_logit =
      logit.dim() == 4 ? empty_BHTK(n, n.H, n.T, logit) : empty_BHT(n, n.T, logit);
  const kernel::GateBackward<T> a{.n = n,
                                  .per_channel = logit.dim() == 4,
                                  .d_out = in<T>(d_out),
                                  .d_gate = in<T>(d_gate),
                                  .in = in<T>(in_BHTK),
                                  .logit = in<T>(logit),
                                  .d_in = into<T>(d_in),
                                  .d_logit = into<T>(d_logit)};
  for_each_block(n, [&](int64_t, int64_t b, int64_t from, int64_t to) {
    kernel::gate_backward(a, b, from, to);
  });
  return {d_in, d_logit};
}

struct FusedGate : Function<FusedGate> {
  static variable_list forward(AutogradContext* ctx, const Variable& in, const Variable& logit) {
    const at::AutoDispatchBelowADInplaceOrView guard;
    ctx->set_materialize_grads(false);
    variable_list out =
        (in.scalar_type() == at::kDouble ? gate_forward<double> : gate_forward<float>)(in, logit);
    ctx->save_for_backward({in, logit});
    return out;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    tensor::refuse_second_derivative("gate_multiply");
    const at::AutoDispatchBelowADInplaceOrView guard;
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &in = saved[0], &logit = saved[1];
    const at::Tensor d_out =
        grads[0].defined() ? sdpa::with_unit_stride(grads[0]) : at::zeros_like(in);
    const at::Tensor d_gate =
        grads[1].defined() ? grads[1] : at::zeros({1}, in.options()).expand(in.sizes().slice(0, 3));
    return (in.scalar_type() == at::kDouble ? gate_backward<double>
                                            : gate_backward<float>)(d_out, d_gate, in, logit);
  }
};

}  // namespace

AttentionOut gate_multiply(const at::Tensor& out_BHTK, const at::Tensor& logit_BTH) {
  const at::Tensor logit = logit_BTH.transpose(1, 2);
  const bool per_channel = logit.dim() == 4;
  if ((logit.dim() != 3 && !per_channel) ||
      logit.sizes() != out_BHTK.sizes().slice(0, static_cast<size_t>(logit.dim())))
    throw std::invalid_argument("gate_multiply: logit must be [B,T,H] or [B,T,H,K]");
  const at::ScalarType type = out_BHTK.scalar_type();
  if (out_BHTK.is_cpu() && (type == at::kFloat || type == at::kDouble) &&
      logit.scalar_type() == type) {
    const variable_list fused = FusedGate::apply(
        sdpa::with_unit_stride(out_BHTK), per_channel ? sdpa::with_unit_stride(logit) : logit);
    return {.out_BHTK = fused[0], .gate_BHT = fused[1]};
  }
  const at::Tensor gate = at::sigmoid(logit.to(at::kFloat));
  if (per_channel) return {.out_BHTK = (out_BHTK * gate).to(type), .gate_BHT = gate.mean(-1)};
  return {.out_BHTK = (out_BHTK * gate.unsqueeze(-1)).to(type), .gate_BHT = gate};
}

}  // namespace sinkmoe::attention
