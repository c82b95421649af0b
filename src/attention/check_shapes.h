// The shape rules that the core op and its oracle share.
#pragma once

#include "attention/softmax_attention.h"

namespace sinkmoe::attention {

// Throws std::invalid_argument naming the shapes.
void check_shapes(const at::Tensor& q_BHTK, const at::Tensor& k_BJTK, const at::Tensor& v_BJTK,
                  SinkMode mode, const at::Tensor& sink_H);

}  // namespace sinkmoe::attention
