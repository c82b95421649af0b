// Tensors of a checkpoint in fp32, checked for numbers that are not finite.
#pragma once

#include <ATen/core/Tensor.h>

#include "pretrained/checkpoint.h"

namespace sinkmoe::inference {

// The part of the tensor that the reference means, contiguous, [out, in] for a matrix. Undefined
// for a tensor that the model does not have. Throws Error: NaN or infinity, a file that fails.
at::Tensor load_tensor(const pretrained::Checkpoint& weights, const pretrained::TensorRef& ref);

// The whole tensor in the type it is stored in (U8 too), contiguous; checked as above.
at::Tensor load_stored(const pretrained::Checkpoint& weights, const pretrained::TensorRef& ref);

// Rows [begin, begin + count) of a matrix that is stored as it is: what an embedding needs of a
// large vocabulary.
at::Tensor load_rows(const pretrained::Checkpoint& weights, const pretrained::TensorRef& ref,
                     int64_t begin, int64_t count);

}  // namespace sinkmoe::inference
