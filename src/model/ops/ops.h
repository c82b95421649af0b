// The differentiable pieces of a decoder that are not attention. Each has a fused fp32 CPU form
// with a hand-written backward pass, and a plain form (ATen ops under autograd) that serves every
// other device and dtype and is the oracle. Letters: B rows, T tokens, N = B*T, C width, F
// feed-forward width, V vocabulary, H query heads, J key/value heads, K head width.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>

namespace sinkmoe::model {

// True when tensors like x take the fused CPU form.
bool fused(const at::Tensor& x);

// x / rms(x) * w over the last dimension, w [C] (RMSNorm, no bias).
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& w_C, double eps);

// (x, rms_norm(x)): the residual stream passes through, so that backward adds both
// gradients in one pass.
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
HeadsQKV project_heads(const at::Tensor& x_BTC, const at::Tensor& w, int64_t H, int64_t J,
                       const RotaryTable& rotary);

// Rotates [B,H,T,K] by position; used when something stands between
// projection and rotation (QK-norm).
at::Tensor rotate_heads(const at::Tensor& x_BHTK, const RotaryTable& rotary);

// residual + x w^T, with w [C_out, C_in].
at::Tensor add_linear(const at::Tensor& residual, const at::Tensor& x, const at::Tensor& w);
at::Tensor linear(const at::Tensor& x, const at::Tensor& w);

// act(x w_up^T): kinds "gelu" (tanh form), "relu2"; "swiglu" takes w_up [2F, C] = [gate; up].
at::Tensor feed_forward_up(const at::Tensor& x_BTC, const at::Tensor& w_up,
                           const std::string& kind);

// Rows w[ids]; the gradient is summed in token order (repeatable).
at::Tensor embed(const at::Tensor& w_VC, const at::Tensor& ids_BT);

// Mean cross-entropy of softmax(h w^T) against targets, in nats. Logits exist only a chunk of
// tokens at a time and are overwritten by their gradient.
at::Tensor linear_cross_entropy(const at::Tensor& h_NC, const at::Tensor& w_VC,
                                const at::Tensor& target_N);
// The same per token, without gradients: [N] fp32 nats.
at::Tensor token_losses(const at::Tensor& h_NC, const at::Tensor& w_VC, const at::Tensor& target_N);

// Plain forms, for tests and for devices without a fused form.
namespace plain {
at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& w_C, double eps);
HeadsQKV project_heads(const at::Tensor& x_BTC, const at::Tensor& w, int64_t H, int64_t J,
                       const RotaryTable& rotary);
at::Tensor rotate_heads(const at::Tensor& x_BHTK, const RotaryTable& rotary);
at::Tensor feed_forward_up(const at::Tensor& x_BTC, const at::Tensor& w_up,
                           const std::string& kind);
at::Tensor linear_cross_entropy(const at::Tensor& h_NC, const at::Tensor& w_VC,
                                const at::Tensor& target_N);
}  // namespace plain

}  // namespace sinkmoe::model
