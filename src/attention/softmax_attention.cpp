#include "attention/softmax_attention.h"

#include <ATen/ATen.h>

#include "attention/check_shapes.h"
#include "attention/cpu/tile_attention.h"
#include "attention/sdpa/sdpa_attention.h"
#include "attention/sdpa/sdpa_ops.h"

namespace sinkmoe::attention {

AttentionOut softmax_attention(const at::Tensor& q_BHTK, const at::Tensor& k_BJTK,
                               const at::Tensor& v_BJTK, double scale, SinkMode mode,
                               const at::Tensor& sink_H) {
  check_shapes(q_BHTK, k_BJTK, v_BJTK, mode, sink_H);
  const at::Tensor q = sdpa::with_unit_stride(q_BHTK), k = sdpa::with_unit_stride(k_BJTK),
                   v = sdpa::with_unit_stride(v_BJTK);
  return (has_tiles(q) ? tile_attention : stock_attention)(q, k, v, scale, mode, sink_H);
}

}  // namespace sinkmoe::attention
