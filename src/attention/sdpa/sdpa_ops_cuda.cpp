// One interface to the three fused CUDA ops, which differ in their logsumexp and in grouped heads.
#include <ATen/ATen.h>

#include <limits>

#include "attention/sdpa/sdpa_ops.h"

namespace sinkmoe::attention::sdpa {
namespace {

// FlashAttention-2 reads grouped key/value heads directly; the other two need one per query head.
at::Tensor heads_for(const at::Tensor& x, int64_t H, SdpaOp op) {
  return op == SdpaOp::flash || x.size(1) == H ? x : x.repeat_interleave(H / x.size(1), 1);
}

at::Tensor sum_heads(const at::Tensor& x, int64_t J) {
  if (x.size(1) == J) return x;
  return x.unflatten(1, {J, x.size(1) / J}).sum(2);
}

// The efficient op pads the rows of logsumexp to a multiple of 32; +inf makes the weights of the
// padding 0.
at::Tensor padded(const at::Tensor& lse) {
  const int64_t surplus = (32 - lse.size(2) % 32) % 32;
  return at::constant_pad_nd(lse, {0, surplus}, std::numeric_limits<double>::infinity())
      .contiguous();
}

}  // namespace

Forward forward_cuda(const at::Tensor& q, const at::Tensor& k_BJTK, const at::Tensor& v_BJTK,
                     double scale, SdpaOp op) {
  const at::Tensor k = heads_for(k_BJTK, q.size(1), op), v = heads_for(v_BJTK, q.size(1), op);
  if (op == SdpaOp::flash) {
    const auto r = at::_scaled_dot_product_flash_attention(q, k, v, 0.0, true, false, scale);
    return {.out_BHTK = std::get<0>(r),
            .lse_BHT = std::get<1>(r),
            .rng_seed = std::get<6>(r),
            .rng_offset = std::get<7>(r),
            .op = op};
  }
  if (op == SdpaOp::cudnn) {
    const auto r =
        at::_scaled_dot_product_cudnn_attention(q, k, v, {}, true, 0.0, true, false, scale);
    const at::Tensor& lse = std::get<1>(r);
    return {.out_BHTK = std::get<0>(r),
            .lse_BHT = lse.dim() == 4 ? lse.squeeze(-1) : lse,
            .rng_seed = std::get<6>(r),
            .rng_offset = std::get<7>(r),
            .op = op};
  }
  const auto r = at::_scaled_dot_product_efficient_attention(q, k, v, {}, true, 0.0, true, scale);
  return {.out_BHTK = std::get<0>(r),
          .lse_BHT = std::get<1>(r).slice(2, 0, q.size(2)),
          .rng_seed = std::get<2>(r),
          .rng_offset = std::get<3>(r),
          .op = op};
}

Gradients backward_cuda(const at::Tensor& d_out, const at::Tensor& q, const at::Tensor& k_BJTK,
                        const at::Tensor& v_BJTK, const Forward& fwd, double scale) {
  const int64_t T = q.size(2), J = k_BJTK.size(1);
  const at::Tensor k = heads_for(k_BJTK, q.size(1), fwd.op),
                   v = heads_for(v_BJTK, q.size(1), fwd.op);
  at::Tensor dq, dk, dv;
  if (fwd.op == SdpaOp::flash) {
    std::tie(dq, dk, dv) = at::_scaled_dot_product_flash_attention_backward(
        d_out, q, k, v, fwd.out_BHTK, fwd.lse_BHT.contiguous(), {}, {}, T, T, 0.0, true,
        fwd.rng_seed, fwd.rng_offset, scale);
  } else if (fwd.op == SdpaOp::cudnn) {
    std::tie(dq, dk, dv) = at::_scaled_dot_product_cudnn_attention_backward(
        d_out, q, k, v, fwd.out_BHTK, fwd.lse_BHT.contiguous().unsqueeze(-1), fwd.rng_seed,
        fwd.rng_offset, {}, {}, {}, T, T, 0.0, true, scale);
  } else {
    at::Tensor no_bias;
    std::tie(dq, dk, dv, no_bias) = at::_scaled_dot_product_efficient_attention_backward(
        d_out, q, k, v, {}, fwd.out_BHTK, padded(fwd.lse_BHT), fwd.rng_seed, fwd.rng_offset, 0.0,
        {true, true, true, false}, true, scale);
  }
  return {.q_BHTK = dq, .k_BJTK = sum_heads(dk, J), .v_BJTK = sum_heads(dv, J)};
}

}  // namespace sinkmoe::attention::sdpa
