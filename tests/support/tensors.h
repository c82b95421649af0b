// Random tensors, and the distance of two tensors.
#pragma once

#include <ATen/ATen.h>

#include "core/random.h"

namespace sinkmoe::testing {

inline at::Tensor normal(at::IntArrayRef shape, uint64_t seed) {
  at::Tensor x = at::empty(shape, at::kFloat);
  Draw draw(seed, "test tensor");
  for (int64_t i = 0; i < x.numel(); ++i)
    x.data_ptr<float>()[i] = static_cast<float>(draw.normal());
  return x;
}

// ||a - b|| / ||b||, in fp64.
inline double error(const at::Tensor& a, const at::Tensor& b) {
  return ((a.to(at::kDouble) - b.to(at::kDouble)).norm() / b.to(at::kDouble).norm()).item<double>();
}

}  // namespace sinkmoe::testing
