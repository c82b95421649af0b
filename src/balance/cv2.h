// The operation "cv2": the loss of the paper on the importances of all layers, with its gradient.
#pragma once

#include <ATen/core/Tensor.h>

#include "tensor/backends.h"

namespace sinkmoe::balance {

struct Cv2 {
  static constexpr const char* name = "cv2";
  // The scalar loss, and its gradient for each importance.
  struct Out {
    at::Tensor loss, d_importance_LH;
  };
  struct Kernels {
    // Sum over layers of N_h Var / mean^2 of the balanced heads (E15), population variance; the
    // mean is raised to kSmallestMean. weight_LH: 1 for balanced heads, 0 for shared ones (E18).
    // Both contiguous, of one type.
    Out (*forward)(const at::Tensor& importance_LH, const at::Tensor& weight_LH);
  };
};

}  // namespace sinkmoe::balance
