// Connects tensors to the kernels on raw memory: strided views, new outputs, and a split of the
// work that does not depend on the number of threads.
#pragma once

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <algorithm>

#include "attention/kernels/strided_rows.h"

namespace sinkmoe::attention::on_tensors {

using kernel::Rows;
using kernel::Sizes;

template <class T>
Rows<const T> in(const at::Tensor& x) {
  if (!x.defined()) return {};
  return {x.const_data_ptr<T>(), x.stride(0), x.stride(1), x.stride(2)};
}

template <class T>
Rows<T> into(const at::Tensor& x) {
  if (!x.defined()) return {};
  return {x.data_ptr<T>(), x.stride(0), x.stride(1), x.stride(2)};
}

inline Sizes sizes(const at::Tensor& q, const at::Tensor& k) {
  return {q.size(0), q.size(1), k.size(1), q.size(2), q.size(3)};
}

// New tensors in memory order B,T,H(,K), viewed as [B,H,T(,K)].
inline at::Tensor empty_BHT(const Sizes& n, int64_t T, const at::Tensor& like) {
  return at::empty({n.B, T, n.H}, like.options()).transpose(1, 2);
}
inline at::Tensor empty_BHTK(const Sizes& n, int64_t H, int64_t T, const at::Tensor& like) {
  return at::empty({n.B, T, H, n.K}, like.options()).transpose(1, 2);
}

inline constexpr int64_t kTokensPerBlock = 64;
inline int64_t blocks(const Sizes& n) {
  return n.B * ((n.T + kTokensPerBlock - 1) / kTokensPerBlock);
}

// Calls f(block, b, first token, end token) for every block of tokens.
template <class F>
void for_each_block(const Sizes& n, const F& f) {
  const int64_t per_row = blocks(n) / n.B;
  at::parallel_for(0, blocks(n), 1, [&](int64_t from, int64_t to) {
    for (int64_t block = from; block < to; ++block) {
      const int64_t t = block % per_row * kTokensPerBlock;
      f(block, block / per_row, t, std::min(t + kTokensPerBlock, n.T));
    }
  });
}

}  // namespace sinkmoe::attention::on_tensors
