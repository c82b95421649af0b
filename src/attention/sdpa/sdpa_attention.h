// The backend "sdpa" of the attention op: LibTorch's fused attention ops with fix-ups before and
// after them, for tensors that the tile kernels do not handle (GPUs, bf16).
#pragma once

#include "attention/softmax_attention.h"

namespace sinkmoe::attention {

// Like softmax_attention, after its checks. The last stride of q, k, v must be 1.
AttentionOut sdpa_attention(const at::Tensor& q_BHTK, const at::Tensor& k_BJTK,
                            const at::Tensor& v_BJTK, double scale, SinkMode mode,
                            const at::Tensor& sink_H);

}  // namespace sinkmoe::attention
