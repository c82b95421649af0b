// Explicit gates: attention output times a sigmoid, as one differentiable op.
#pragma once

#include "attention/softmax_attention.h"

namespace sinkmoe::attention {

// out [B,H,T,K] times sigmoid(logit), where logit is [B,T,H] (one gate a head) or [B,T,H,K] (one a
// channel; gate_BHT is then the mean over channels). Gradients are right when only out, only gate
// or both are used (E3, E8).
AttentionOut gate_multiply(const at::Tensor& out_BHTK, const at::Tensor& logit_BTH);

}  // namespace sinkmoe::attention
