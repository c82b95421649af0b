#include "attention/loops.h"

#include <algorithm>
#include <cmath>

#include "attention/clones.h"
#include "attention/empty_row.h"

namespace sinkmoe::loops {
namespace {

#define INLINE [[gnu::always_inline]] inline

// A weight split in two: sigma(x) and sigma(-x), neither by subtraction, and log(1 + exp(-|x|)).
template <class T>
struct Split {
  T plus, minus, log1p;
};

template <class T>
INLINE Split<T> split(T x) {
  const T e = std::exp(-std::abs(x)), large = 1 / (1 + e), small = e * large;
  return {x >= 0 ? large : small, x >= 0 ? small : large, std::log1p(e)};
}

template <class T>
INLINE T dot(const T* x, const T* y, int64_t n) {
  T sum = 0;
#pragma omp simd reduction(+ : sum)
  for (int64_t i = 0; i < n; ++i) sum += x[i] * y[i];
  return sum;
}

template <class T>
INLINE void add_scaled(T* y, T a, const T* x, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) y[i] += a * x[i];
}

template <class T>
INLINE void scale_into(T* y, T a, const T* x, int64_t n) {
#pragma omp simd
  for (int64_t i = 0; i < n; ++i) y[i] = a * x[i];
}

template <class T>
bool edit_small_row(T* edit, T D, const T* d_out, int64_t n) {
  T largest = 0;
  bool empty = true;
  for (int64_t i = 0; i < n; ++i) {
    largest = std::max(largest, std::abs(d_out[i]));
    empty = empty && std::abs(d_out[i]) < static_cast<T>(kEmptyRow);  // false for a NaN
  }
  if (empty) {
    std::fill(edit, edit + n, T{0});
    edit[0] = D / static_cast<T>(kEmptyRow);
    return D != 0;
  }
  T squares = 0;
  for (int64_t i = 0; i < n; ++i) squares += (d_out[i] / largest) * (d_out[i] / largest);
  for (int64_t i = 0; i < n; ++i) edit[i] = D / largest / squares * (d_out[i] / largest);
  return false;
}

// Writes a row `edit` with edit . d_out = D. True when d_out is empty and D is not zero.
template <class T>
INLINE bool edit_row(T* edit, T D, const T* d_out, T squares, int64_t n) {
  if (squares > static_cast<T>(1e-28) && squares < static_cast<T>(1e28)) {
    scale_into(edit, D / squares, d_out, n);
    return false;
  }
  return edit_small_row(edit, D, d_out, n);
}

template <class T>
INLINE void merge_body(const Merge<T>& a, int64_t b, int64_t j) {
  const int64_t K = a.n.K, first_head = j * a.n.group(), end_head = first_head + a.n.group();
  const T *k0 = a.k(b, j, 0), *v0 = a.v(b, j, 0);
  for (int64_t h = first_head; h < end_head; ++h) {
    std::copy(v0, v0 + K, a.out(b, h, 0));
    *a.gate(b, h, 0) = 0;
    *a.first(b, h, 0) = 1;
  }
  for (int64_t t = 1; t < a.n.T; ++t) {
    for (int64_t h = first_head; h < end_head; ++h) {
      const T s0 = static_cast<T>(a.scale) * dot(a.q(b, h, t), k0, K),
              lse = *a.rest_lse(b, h, t - 1);
      const Split<T> w = split(lse - s0);
      *a.gate(b, h, t) = w.plus;
      *a.first(b, h, t) = w.minus;
      *a.lse(b, h, t - 1) = std::max(lse, s0) + w.log1p;
      const T* rest = a.rest_out(b, h, t - 1);
      T* out = a.out(b, h, t);
#pragma omp simd
      for (int64_t c = 0; c < K; ++c) out[c] = w.plus * rest[c] + w.minus * v0[c];
    }
  }
}

template <class T>
INLINE bool edit_merge_body(const EditMerge<T>& a, int64_t b, int64_t j) {
  const int64_t K = a.n.K, first_head = j * a.n.group(), end_head = first_head + a.n.group();
  const T* v0 = a.v(b, j, 0);
  T *d_k0 = a.d_k0(b, j, 0), *d_v0 = a.d_v0(b, j, 0);
  std::fill(d_k0, d_k0 + K, T{0});
  std::fill(d_v0, d_v0 + K, T{0});
  for (int64_t h = first_head; h < end_head; ++h) add_scaled(d_v0, T{1}, a.d_out(b, h, 0), K);
  bool stand_in = false;
  for (int64_t t = 1; t < a.n.T; ++t) {
    for (int64_t h = first_head; h < end_head; ++h) {
      const T *d_out = a.d_out(b, h, t), *rest = a.rest_out(b, h, t - 1);
      T on_first = 0, on_rest = 0, squares = 0;
#pragma omp simd reduction(+ : on_first, on_rest, squares)
      for (int64_t c = 0; c < K; ++c) {
        on_first += d_out[c] * v0[c];
        on_rest += d_out[c] * rest[c];
        squares += d_out[c] * d_out[c];
      }
      const T gate = *a.gate(b, h, t), first = *a.first(b, h, t), d_gate = *a.d_gate(b, h, t);
      const T D = gate * on_rest + first * (on_first - d_gate);
      const T d_logit = static_cast<T>(a.scale) * first * gate * (on_first - on_rest - d_gate);
      *a.d_logit(b, h, t - 1) = d_logit;
      stand_in |= edit_row(a.edit(b, h, t - 1), D, d_out, squares, K);
      add_scaled(d_k0, d_logit, a.q(b, h, t), K);
      add_scaled(d_v0, first, d_out, K);
    }
  }
  return stand_in;
}

template <class T>
INLINE void finish_merge_body(const FinishMerge<T>& a, int64_t b, int64_t j) {
  const int64_t K = a.n.K, first_head = j * a.n.group(), end_head = first_head + a.n.group();
  const T* k0 = a.k(b, j, 0);
  std::copy(a.d_k0(b, j, 0), a.d_k0(b, j, 0) + K, a.dk(b, j, 0));
  std::copy(a.d_v0(b, j, 0), a.d_v0(b, j, 0) + K, a.dv(b, j, 0));
  for (int64_t h = first_head; h < end_head; ++h) std::fill(a.dq(b, h, 0), a.dq(b, h, 0) + K, T{0});
  for (int64_t t = 1; t < a.n.T; ++t) {
    scale_into(a.dk(b, j, t), T{1}, a.rest_dk(b, j, t - 1), K);
    scale_into(a.dv(b, j, t), T{1}, a.rest_dv(b, j, t - 1), K);
    for (int64_t h = first_head; h < end_head; ++h) {
      const T d_logit = *a.d_logit(b, h, t - 1);
      const T* rest = a.rest_dq(b, h, t - 1);
      T* dq = a.dq(b, h, t);
#pragma omp simd
      for (int64_t c = 0; c < K; ++c) dq[c] = rest[c] + d_logit * k0[c];
    }
  }
}

template <class T>
INLINE void rescale_body(const Rescale<T>& a, int64_t b, int64_t from, int64_t to) {
  for (int64_t t = from; t < to; ++t) {
    for (int64_t h = 0; h < a.n.H; ++h) {
      const T lse = *a.lse_keys(b, h, t), sink = a.sink[h];
      const Split<T> w = split(lse - sink);
      *a.gate(b, h, t) = w.plus;
      *a.weight(b, h, t) = w.minus;
      *a.lse(b, h, t) = std::max(lse, sink) + w.log1p;
      T* out = a.out(b, h, t);
      scale_into(out, w.plus, out, a.n.K);
    }
  }
}

template <class T>
INLINE bool edit_sink_body(const EditSink<T>& a, int64_t b, int64_t from, int64_t to,
                           double* d_sink) {
  bool stand_in = false;
  for (int64_t t = from; t < to; ++t) {
    for (int64_t h = 0; h < a.n.H; ++h) {
      const T *d_out = a.d_out(b, h, t), *out = a.out(b, h, t);
      T on_out = 0, squares = 0;
#pragma omp simd reduction(+ : on_out, squares)
      for (int64_t c = 0; c < a.n.K; ++c) {
        on_out += d_out[c] * out[c];
        squares += d_out[c] * d_out[c];
      }
      const T weight = *a.weight(b, h, t), d_gate = *a.d_gate(b, h, t);
      stand_in |= edit_row(a.edit(b, h, t), on_out - weight * d_gate, d_out, squares, a.n.K);
      // The gradient of s is -weight * (d_gate + D), in a form that loses no digits as weight -> 1.
      d_sink[h] -= static_cast<double>(weight * (*a.gate(b, h, t) * d_gate + on_out));
    }
  }
  return stand_in;
}

}  // namespace

// A target clone cannot be a template: one pair of wrappers a function.
#define FOR_TYPE(T)                                                                           \
  SINKMOE_CLONES void merge(const Merge<T>& a, int64_t b, int64_t j) { merge_body(a, b, j); } \
  SINKMOE_CLONES bool edit_merge(const EditMerge<T>& a, int64_t b, int64_t j) {               \
    return edit_merge_body(a, b, j);                                                          \
  }                                                                                           \
  SINKMOE_CLONES void finish_merge(const FinishMerge<T>& a, int64_t b, int64_t j) {           \
    finish_merge_body(a, b, j);                                                               \
  }                                                                                           \
  SINKMOE_CLONES void rescale(const Rescale<T>& a, int64_t b, int64_t from, int64_t to) {     \
    rescale_body(a, b, from, to);                                                             \
  }                                                                                           \
  SINKMOE_CLONES bool edit_sink(const EditSink<T>& a, int64_t b, int64_t from, int64_t to,    \
                                double* d_sink) {                                             \
    return edit_sink_body(a, b, from, to, d_sink);                                            \
  }
FOR_TYPE(float)
FOR_TYPE(double)
#undef FOR_TYPE

}  // namespace sinkmoe::loops
