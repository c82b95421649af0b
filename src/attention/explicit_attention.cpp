// The oracle of softmax_attention: computes the T x T weights explicitly, in ops that autograd
// differentiates.
#include <ATen/ATen.h>

#include "attention/check_shapes.h"
#include "attention/softmax_attention.h"

namespace sinkmoe::attention {
namespace {

// 1 - weight = others, in the form whose value and gradient keep full precision.
at::Tensor complement(const at::Tensor& weight, const at::Tensor& others) {
  return at::where(weight < 0.5, 1 - weight, others);
}

}  // namespace

AttentionOut explicit_attention(const at::Tensor& q_BHTK, const at::Tensor& k_BJTK,
                                const at::Tensor& v_BJTK, double scale, SinkMode mode,
                                const at::Tensor& sink_H) {
  check_shapes(q_BHTK, k_BJTK, v_BJTK, mode, sink_H);
  const int64_t B = q_BHTK.size(0), H = q_BHTK.size(1), T = q_BHTK.size(2),
                group = H / k_BJTK.size(1);
  const at::Tensor k = k_BJTK.repeat_interleave(group, 1), v = v_BJTK.repeat_interleave(group, 1);
  const at::Tensor future = at::ones({T, T}, q_BHTK.options().dtype(at::kBool)).triu(1);
  at::Tensor scores =
      at::matmul(q_BHTK, k.transpose(2, 3)).mul(scale).masked_fill(future, -INFINITY);
  if (mode == SinkMode::logit)
    scores = at::cat({scores, sink_H.view({1, H, 1, 1}).expand({B, H, T, 1})}, -1);
  const at::Tensor weights = at::softmax(scores, -1);
  const at::Tensor keys = weights.slice(-1, 0, T);
  AttentionOut result{.out_BHTK = at::matmul(keys, v), .gate_BHT = {}};
  if (mode == SinkMode::none) result.gate_BHT = at::ones({B, H, T}, q_BHTK.options());
  if (mode == SinkMode::first_key)
    result.gate_BHT = complement(weights.select(-1, 0), weights.slice(-1, 1).sum(-1));
  if (mode == SinkMode::logit) result.gate_BHT = complement(weights.select(-1, T), keys.sum(-1));
  return result;
}

}  // namespace sinkmoe::attention
