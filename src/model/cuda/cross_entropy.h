// Cross-entropy of rows of logits and its gradient in place, in one kernel. Includes no LibTorch.
#pragma once

#include "tensor/cuda/types.h"

namespace sinkmoe::cuda {

// logits [rows, V] become scale * (softmax - onehot), the gradient of scale * sum(loss); loss[row]
// = -log softmax[target]. E is float or Bf16; sums are fp32. Rows lie `stride` >= V elements apart;
// up to seven elements after a row's logits may be set to zero, if the stride leaves room for them.
template <class E>
struct CrossEntropy {
  int64_t rows, V, stride;
  float scale;
  E* logits;
  const int64_t* target;  // in [0, V)
  float* loss;
};

template <class E>
cudaError_t cross_entropy(const CrossEntropy<E>& a, cudaStream_t stream);

}  // namespace sinkmoe::cuda
