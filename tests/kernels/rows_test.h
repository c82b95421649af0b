// Arrays of the row kernels: [B,H,T,K] in memory order B,T,H,K, and [B,H,T].
#pragma once

#include "attention/cuda/row_kernels.h"
#include "kernels/kernel_test.h"

namespace sinkmoe::testing {

struct Shape {
  int64_t B, H, J, T, K;
  int64_t heads() const { return B * T * H; }
  cuda::Sizes sizes() const {
    const auto n = [](int64_t x) { return static_cast<int32_t>(x); };
    return {n(B), n(H), n(J), n(T), n(K)};
  }
  std::string text() const {
    return "B " + std::to_string(B) + " H " + std::to_string(H) + " J " + std::to_string(J) +
           " T " + std::to_string(T) + " K " + std::to_string(K);
  }
};

// Rows of `heads` heads and T tokens. E may be const.
template <class E, class T>
cuda::Rows<E> with_channels(std::vector<T>& x, int64_t heads, int64_t tokens, int64_t K) {
  return {x.data(), static_cast<int32_t>(tokens * heads * K), static_cast<int32_t>(K),
          static_cast<int32_t>(heads * K)};
}

template <class E, class T>
cuda::Rows<E> statistics(std::vector<T>& x, int64_t heads, int64_t tokens) {
  return {x.data(), static_cast<int32_t>(heads * tokens), static_cast<int32_t>(tokens), 1};
}

inline size_t at(int64_t heads, int64_t tokens, int64_t K, int64_t b, int64_t h, int64_t t,
                 int64_t c = 0) {
  return static_cast<size_t>(((b * tokens + t) * heads + h) * K + c);
}

inline size_t stat(int64_t heads, int64_t tokens, int64_t b, int64_t h, int64_t t) {
  return static_cast<size_t>((b * heads + h) * tokens + t);
}

inline double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

}  // namespace sinkmoe::testing
