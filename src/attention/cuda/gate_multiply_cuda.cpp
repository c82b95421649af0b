// Explicit gates on CUDA tensors: passes sizes and pointers to gate.cu. Tensors that its kernels
// cannot read (odd widths, unaligned rows) use the plain version.
#include "attention/gate_multiply.h"

#include "attention/cuda/rows.h"
#include "tensor/cuda/stream.h"

namespace sinkmoe::attention {
namespace {

using cuda::Bf16, cuda::empty_BHT, cuda::empty_BHTK, cuda::fp32, cuda::readable, cuda::rows,
    cuda::short_offsets, cuda::single, cuda::Sizes, cuda::sizes;
using TensorPair = std::pair<at::Tensor, at::Tensor>;

template <class E>
AttentionOut forward_as(const at::Tensor& x, const at::Tensor& logit) {
  const Sizes n = sizes(x, x);
  const AttentionOut out{.out_BHTK = empty_BHTK(n, n.H, n.T, x), .gate_BHT = empty_BHT(n, n.T, x)};
  cuda::call(cuda::gate<E>,
             {.n = n,
              .per_channel = logit.dim() == 4,
              .in = rows<const E>(x),
              .logit = rows<const E>(logit),
              .out = rows<E>(out.out_BHTK),
              .gate = rows<float>(out.gate_BHT)},
             x, "gate multiply");
  return out;
}

template <class E>
TensorPair backward_as(const at::Tensor& d_out, const at::Tensor& d_gate, const at::Tensor& x,
                       const at::Tensor& logit) {
  const Sizes n = sizes(x, x);
  const at::Tensor d_in = empty_BHTK(n, n.H, n.T, x), d_gate32 = fp32(d_gate);
  // In memory [B,T,H(,K)], as the gates' projection makes the logits.
  const at::Tensor d_logit = logit.dim() == 4
                                 ? empty_BHTK(n, n.H, n.T, x)
                                 : at::empty({n.B, n.T, n.H}, logit.options()).transpose(1, 2);
  cuda::call(cuda::gate_backward<E>,
             {.n = n,
              .per_channel = logit.dim() == 4,
              .d_out = rows<const E>(d_out),
              .in = rows<const E>(x),
              .logit = rows<const E>(logit),
              .d_gate = rows<const float>(d_gate32),
              .d_in = rows<E>(d_in),
              .d_logit = rows<E>(d_logit)},
             x, "gate multiply backward");
  return {d_in, d_logit};
}

bool fits(const at::Tensor& x, const at::Tensor& logit) {
  return readable(x) && x.numel() > 0 && logit.scalar_type() == x.scalar_type() &&
         (logit.dim() == 4 ? readable(logit) : short_offsets(logit));
}

AttentionOut forward(const at::Tensor& x, const at::Tensor& logit) {
  if (!fits(x, logit)) return tensor::plain_kernels<GateMultiply>().forward(x, logit);
  return (single(x) ? forward_as<float> : forward_as<Bf16>)(x, logit);
}

TensorPair backward(const at::Tensor& d_out, const at::Tensor& d_gate, const at::Tensor& x,
                    const at::Tensor& logit) {
  if (!fits(x, logit))
    return tensor::plain_kernels<GateMultiply>().backward(d_out, d_gate, x, logit);
  // A gradient may be a slice of a larger tensor, whose rows are not aligned.
  const at::Tensor usable = readable(d_out) ? d_out : d_out.clone(at::MemoryFormat::Contiguous);
  return (single(x) ? backward_as<float> : backward_as<Bf16>)(usable, d_gate, x, logit);
}

const tensor::Backend<GateMultiply> on_cuda{cuda::backend({at::kFloat, at::kBFloat16}),
                                            {forward, backward}};

}  // namespace
}  // namespace sinkmoe::attention
