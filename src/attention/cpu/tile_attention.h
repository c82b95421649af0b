// The backend "cpu" of the attention op: the tile kernels under autograd, for fp32 and fp64.
#pragma once

#include "attention/softmax_attention.h"

namespace sinkmoe::attention {

// Like softmax_attention, after its checks. The last stride of q, k, v must be 1. The gradients of
// q, k and v are views of one buffer [B, T, H + 2J, K] in the order q, k, v, so that a joint
// projection can use the buffer without a copy.
AttentionOut tile_attention(const at::Tensor& q_BHTK, const at::Tensor& k_BJTK,
                            const at::Tensor& v_BJTK, double scale, SinkMode mode,
                            const at::Tensor& sink_H);

}  // namespace sinkmoe::attention
