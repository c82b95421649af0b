#include "attention/softmax_attention.h"

#include <ATen/ATen.h>

#include "attention/check_shapes.h"
#include "attention/cpu/tile_attention.h"
#include "attention/sdpa/sdpa_attention.h"
#include "attention/unit_stride.h"

namespace sinkmoe::attention {
namespace {

const tensor::Backend<SoftmaxAttention> sdpa{{"sdpa"}, {sdpa_attention}};
const tensor::Backend<SoftmaxAttention> cpu{{"cpu", at::kCPU, {at::kFloat, at::kDouble}},
                                            {tile_attention}};

}  // namespace

AttentionOut softmax_attention(const at::Tensor& q_BHTK, const at::Tensor& k_BJTK,
                               const at::Tensor& v_BJTK, double scale, SinkMode mode,
                               const at::Tensor& sink_H) {
  check_shapes(q_BHTK, k_BJTK, v_BJTK, mode, sink_H);
  return tensor::kernels<SoftmaxAttention>(q_BHTK).apply(
      with_unit_stride(q_BHTK), with_unit_stride(k_BJTK), with_unit_stride(v_BJTK), scale, mode,
      sink_H);
}

}  // namespace sinkmoe::attention
