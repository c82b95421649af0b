// Loads tensors of a checkpoint in fp32, and refuses NaN and infinity.
#pragma once

#include <ATen/core/Tensor.h>

#include "pretrained/checkpoint.h"

namespace sinkmoe::inference {

// The part of a tensor that `ref` describes, contiguous, [out, in] for a matrix. Undefined if the
// model does not have the tensor. Throws Error: NaN or infinity, a read error.
at::Tensor load_tensor(const pretrained::Checkpoint& weights, const pretrained::TensorRef& ref);

// The same with the model's adapters of this tensor added, if there are any.
at::Tensor load_weight(const pretrained::Model& model, const pretrained::TensorRef& ref);

// The whole tensor in its stored type (also U8), contiguous, with the same checks.
at::Tensor load_stored(const pretrained::Checkpoint& weights, const pretrained::TensorRef& ref);

// Rows [begin, begin + count) of a matrix that is not transposed or split, so that an embedding
// with a large vocabulary can be read in parts.
at::Tensor load_rows(const pretrained::Checkpoint& weights, const pretrained::TensorRef& ref,
                     int64_t begin, int64_t count);

}  // namespace sinkmoe::inference
