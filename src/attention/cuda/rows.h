// Tensors as the arguments of row kernels.
#pragma once

#include <ATen/ATen.h>

#include "attention/cuda/row_kernels.h"

namespace sinkmoe::cuda {

template <class E>
Rows<E> rows(const at::Tensor& x) {
  if (!x.defined()) return {};
  const auto stride = [&](int64_t d) { return static_cast<int32_t>(x.stride(d)); };
  return {static_cast<E*>(x.data_ptr()), stride(0), stride(1), stride(2)};
}

inline Sizes sizes(const at::Tensor& q, const at::Tensor& k) {
  const auto n = [](int64_t size) { return static_cast<int32_t>(size); };
  return {n(q.size(0)), n(q.size(1)), n(k.size(1)), n(q.size(2)), n(q.size(3))};
}

// New statistics are contiguous [B,H,T], because the CUDA ops of LibTorch accept no other
// logsumexp.
inline at::Tensor empty_BHT(const Sizes& n, int64_t T, const at::Tensor& like) {
  return at::empty({n.B, n.H, T}, like.options().dtype(at::kFloat));
}

inline at::Tensor empty_BHTK(const Sizes& n, int64_t H, int64_t T, const at::Tensor& like) {
  return at::empty({n.B, T, H, n.K}, like.options()).transpose(1, 2);
}

// Offsets from the start of x fit in 31 bits.
inline bool short_offsets(const at::Tensor& x) {
  int64_t last = 0;
  for (int64_t d = 0; d < x.dim(); ++d) last += (x.size(d) - 1) * x.stride(d);
  return last < INT32_MAX && x.numel() < INT32_MAX;
}

// Whether the kernels can read x [B,H,T,K].
inline bool readable(const at::Tensor& x) {
  if (!x.defined()) return true;
  const auto aligned = [](int64_t stride) { return stride % 8 == 0; };
  return (x.scalar_type() == at::kFloat || x.scalar_type() == at::kBFloat16) &&
         x.size(3) % 8 == 0 && x.size(3) <= 256 && x.stride(3) == 1 && aligned(x.stride(0)) &&
         aligned(x.stride(1)) && aligned(x.stride(2)) && short_offsets(x) &&
         reinterpret_cast<uintptr_t>(x.data_ptr()) % 16 == 0;
}

template <class... Tensors>
bool all_readable(const Tensors&... x) {
  return (readable(x) && ...);
}

inline at::Tensor fp32(const at::Tensor& x) { return x.defined() ? x.to(at::kFloat) : x; }

inline bool single(const at::Tensor& x) { return x.scalar_type() == at::kFloat; }

}  // namespace sinkmoe::cuda
