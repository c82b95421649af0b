// The differentiable operations of a decoder other than attention. Each is one autograd node with a
// hand-written backward pass (a second derivative is refused). The parts that differ between
// devices are tables of functions: rms_norm.h, rotary.h, feed_forward.h, cross_entropy.h. For
// tests, tests/model/reference.h has the same formulas in ops that autograd differentiates.
//
// Letters: B rows, T tokens, N = B*T, C width, O width of an output, F feed-forward width, or all
// heads of a projection, V vocabulary, H query heads, J key/value heads, K head width. Activations
// are fp32, fp64 or bf16; weights are of that type or wider.
#pragma once

#include <ATen/core/Tensor.h>

#include <utility>

#include "config/choices.h"

namespace sinkmoe::model {

// x / rms(x) * w over the last dimension (RMSNorm, no bias). x [.., C] with any leading dimensions.
at::Tensor rms_norm(const at::Tensor& x_NC, const at::Tensor& w_C, double eps);

// (x, rms_norm(x)): the residual stream passes through, so that the backward pass adds both
// gradients at once.
std::pair<at::Tensor, at::Tensor> branch_norm(const at::Tensor& x_BTC, const at::Tensor& w_C,
                                              double eps);

struct RotaryTable {
  at::Tensor cos_TK2, sin_TK2;  // [T, K/2] fp32; undefined: no rotary positions
};
// Angle of pair i at position t: t * base^(-2i/K). T tokens, on `device`.
RotaryTable rotary_table(int64_t T, int64_t K, double base, at::Device device);

struct HeadsQKV {
  at::Tensor q_BHTK, k_BJTK, v_BJTK;
};
// Projects x with w [(H + 2J) K, C] and rotates queries and keys (half-split pairs (i, i + K/2)).
HeadsQKV project_heads(const at::Tensor& x_BTC, const at::Tensor& w_FC, int64_t H, int64_t J,
                       const RotaryTable& rotary);

// Rotates by position, in ATen ops; used if there is a QK-norm between projection and rotation.
at::Tensor rotate_heads(const at::Tensor& x_BHTK, const RotaryTable& rotary);

// x w^T, and residual + x w^T; any leading dimensions.
at::Tensor linear(const at::Tensor& x_NC, const at::Tensor& w_OC);
at::Tensor add_linear(const at::Tensor& residual_NO, const at::Tensor& x_NC,
                      const at::Tensor& w_OC);

// act(x w^T): GELU (tanh form), relu^2; SwiGLU takes w [2F, C] = [gate; up].
at::Tensor feed_forward_up(const at::Tensor& x_BTC, const at::Tensor& w_FC, config::Mlp kind);

// Rows w[ids]. On a CPU the gradient is summed in token order (repeatable).
at::Tensor embed(const at::Tensor& w_VC, const at::Tensor& ids_BT);

// Mean cross-entropy of softmax(h w^T) against targets, in nats: a scalar, fp32 (fp64 for fp64).
// Reads nothing back from a GPU, so that a step can be recorded.
at::Tensor linear_cross_entropy(const at::Tensor& h_NC, const at::Tensor& w_VC,
                                const at::Tensor& target_N);
// The cross-entropy of each token, without gradients: [N] fp32 nats.
at::Tensor token_losses(const at::Tensor& h_NC, const at::Tensor& w_VC, const at::Tensor& target_N);

}  // namespace sinkmoe::model
