// Explicit gates: attention output times a sigmoid, as one differentiable op.
#pragma once

#include <utility>

#include "attention/softmax_attention.h"
#include "tensor/backends.h"

namespace sinkmoe::attention {

// out [B,H,T,K] times sigmoid(logit), where logit is [B,T,H] (one gate for each head) or [B,T,H,K]
// (one for each channel; gate_BHT is then the mean over channels). Gradients are right if only out,
// only gate or both are used (E3, E8). Throws std::invalid_argument (shape).
AttentionOut gate_multiply(const at::Tensor& out_BHTK, const at::Tensor& logit_BTH);

// Everything in [B,H,T(,K)] views; logit with or without K. The last stride of tensors with K is 1.
struct GateMultiply {
  static constexpr const char* name = "gate multiply";
  struct Kernels {
    // out like x; the gate in the type of x, but at least fp32.
    AttentionOut (*forward)(const at::Tensor& x_BHTK, const at::Tensor& logit_BHT);
    // d_x like x, d_logit like logit.
    std::pair<at::Tensor, at::Tensor> (*backward)(const at::Tensor& d_out_BHTK,
                                                  const at::Tensor& d_gate_BHT,
                                                  const at::Tensor& x_BHTK,
                                                  const at::Tensor& logit_BHT);
  };
};

}  // namespace sinkmoe::attention
