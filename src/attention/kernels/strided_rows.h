// Strided arrays for the loops over raw memory. T is float or double.
#pragma once

#include <cstdint>

namespace sinkmoe::attention::kernel {

// A strided [B,H,T] or [B,H,T,K] array; K has stride 1.
template <class T>
struct Rows {
  T* data = nullptr;
  int64_t b = 0, h = 0, t = 0;
  [[gnu::always_inline]] T* operator()(int64_t ib, int64_t ih, int64_t it) const {
    return data + ib * b + ih * h + it * t;
  }
};

struct Sizes {
  int64_t B, H, J, T, K;
  int64_t group() const { return H / J; }
};

}  // namespace sinkmoe::attention::kernel
