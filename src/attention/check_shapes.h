// Checks the shapes of the core op and its oracle.
#pragma once

#include "attention/softmax_attention.h"

namespace sinkmoe::attention {

// Throws std::invalid_argument that names the shapes.
void check_shapes(const at::Tensor& q_BHTK, const at::Tensor& k_BJTK, const at::Tensor& v_BJTK,
                  SinkMode mode, const at::Tensor& sink_H);

}  // namespace sinkmoe::attention
