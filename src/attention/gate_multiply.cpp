#include "attention/gate_multiply.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <stdexcept>

#include "attention/cpu/on_tensors.h"
#include "attention/kernels/gate.h"
#include "attention/unit_stride.h"
#include "tensor/second_derivative.h"
#include "tensor/wide_type.h"

namespace sinkmoe::attention {
namespace {

using tensor::Backend;
using tensor::kernels;
using tensor::wide_type;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::Variable;
using torch::autograd::variable_list;
using TensorPair = std::pair<at::Tensor, at::Tensor>;

namespace plain {

AttentionOut forward(const at::Tensor& x, const at::Tensor& logit) {
  const at::Tensor gate = at::sigmoid(logit.to(wide_type(x)));
  if (logit.dim() == 4)
    return {.out_BHTK = (x * gate).to(x.scalar_type()), .gate_BHT = gate.mean(-1)};
  return {.out_BHTK = (x * gate.unsqueeze(-1)).to(x.scalar_type()), .gate_BHT = gate};
}

TensorPair backward(const at::Tensor& d_out, const at::Tensor& d_gate, const at::Tensor& x,
                    const at::Tensor& logit) {
  const bool per_channel = logit.dim() == 4;
  const at::Tensor wide_logit = logit.to(wide_type(x)), gate = at::sigmoid(wide_logit),
                   slope = gate * at::sigmoid(-wide_logit), on_gate = d_out.to(wide_type(x)) * x;
  const at::Tensor d_x = d_out * (per_channel ? gate : gate.unsqueeze(-1));
  const at::Tensor d_value = per_channel
                                 ? on_gate + d_gate.unsqueeze(-1) / static_cast<double>(x.size(-1))
                                 : on_gate.sum(-1) + d_gate;
  return {d_x.to(x.scalar_type()), (slope * d_value).to(logit.scalar_type())};
}

}  // namespace plain

namespace cpu {

using namespace on_tensors;

template <class T>
AttentionOut forward_as(const at::Tensor& in_BHTK, const at::Tensor& logit) {
  const Sizes n = sizes(in_BHTK, in_BHTK);
  const at::Tensor out = empty_BHTK(n, n.H, n.T, in_BHTK), gate = empty_BHT(n, n.T, in_BHTK);
  const kernel::GateForward<T> a{.n = n,
                                 .per_channel = logit.dim() == 4,
                                 .in = in<T>(in_BHTK),
                                 .logit = in<T>(logit),
                                 .out = into<T>(out),
                                 .gate = into<T>(gate)};
  for_each_block(n, [&](int64_t, int64_t b, int64_t from, int64_t to) {
    kernel::gate_forward(a, b, from, to);
  });
  return {out, gate};
}

template <class T>
TensorPair backward_as(const at::Tensor& d_out, const at::Tensor& d_gate, const at::Tensor& in_BHTK,
                       const at::Tensor& logit) {
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

AttentionOut forward(const at::Tensor& x, const at::Tensor& logit) {
  return (x.scalar_type() == at::kDouble ? forward_as<double> : forward_as<float>)(x, logit);
}

TensorPair backward(const at::Tensor& d_out, const at::Tensor& d_gate, const at::Tensor& x,
                    const at::Tensor& logit) {
  return (x.scalar_type() == at::kDouble ? backward_as<double> : backward_as<float>)(d_out, d_gate,
                                                                                     x, logit);
}

}  // namespace cpu

const Backend<GateMultiply> on_any{tensor::kPlain, {plain::forward, plain::backward}};
const Backend<GateMultiply> on_cpu{{"cpu", at::kCPU, {at::kFloat, at::kDouble}},
                                   {cpu::forward, cpu::backward}};

struct Node : Function<Node> {
  static variable_list forward(AutogradContext* ctx, const Variable& x, const Variable& logit) {
    const at::AutoDispatchBelowADInplaceOrView guard;  // outputs are views of new memory
    ctx->set_materialize_grads(false);
    AttentionOut out = kernels<GateMultiply>(x).forward(x, logit);
    ctx->save_for_backward({x, logit});
    ctx->saved_data["gate_type"] = static_cast<int64_t>(out.gate_BHT.scalar_type());
    return {std::move(out.out_BHTK), std::move(out.gate_BHT)};
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    tensor::refuse_second_derivative("gate_multiply");
    const at::AutoDispatchBelowADInplaceOrView guard;
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &x = saved[0], &logit = saved[1];
    const auto gate_type = static_cast<at::ScalarType>(ctx->saved_data["gate_type"].toInt());
    const at::Tensor d_out = grads[0].defined() ? with_unit_stride(grads[0]) : at::zeros_like(x);
    const at::Tensor d_gate =
        grads[1].defined()
            ? grads[1]
            : at::zeros({1}, x.options().dtype(gate_type)).expand(x.sizes().slice(0, 3));
    const auto [d_x, d_logit] = kernels<GateMultiply>(x).backward(d_out, d_gate, x, logit);
    return {d_x, d_logit};
  }
};

}  // namespace

AttentionOut gate_multiply(const at::Tensor& out_BHTK, const at::Tensor& logit_BTH) {
  const at::Tensor logit = logit_BTH.transpose(1, 2);
  const bool per_channel = logit.dim() == 4;
  if ((logit.dim() != 3 && !per_channel) ||
      logit.sizes() != out_BHTK.sizes().slice(0, static_cast<size_t>(logit.dim())))
    throw std::invalid_argument("gate_multiply: logit must be [B,T,H] or [B,T,H,K]");
  const variable_list out =
      Node::apply(with_unit_stride(out_BHTK),
                  (per_channel ? with_unit_stride(logit) : logit).to(out_BHTK.scalar_type()));
  return {.out_BHTK = out[0], .gate_BHT = out[1]};
}

}  // namespace sinkmoe::attention
