// Fused CPU passes over raw memory, compiled for several instruction sets and chosen at run time. T
// is float or double. Every function handles one part of the work, so that its result does not
// depend on the number of threads.
#pragma once

#include <cstdint>

namespace sinkmoe::loops {

// A strided [B,H,T,(K)] array; the last dimension, where there is one, has stride 1.
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

// Arrays named rest_* and d_rest_* have rows 1.. only: their row t - 1 belongs to token t.
template <class T>
struct Merge {
  Sizes n;
  double scale;
  Rows<const T> q, k, v, rest_out, rest_lse;
  Rows<T> out, gate, first, lse;  // lse: rows 1.. only
};

template <class T>
struct EditMerge {
  Sizes n;
  double scale;
  Rows<const T> d_out, d_gate, q, v, rest_out, gate, first;
  Rows<T> edit, d_logit;  // rows 1.. only
  Rows<T> d_k0, d_v0;     // [B,J,1,K]
};

template <class T>
struct FinishMerge {
  Sizes n;
  Rows<const T> d_logit, d_k0, d_v0, k, rest_dq, rest_dk, rest_dv;
  Rows<T> dq, dk, dv;
};

template <class T>
struct Rescale {
  Sizes n;
  const T* sink;  // [H]
  Rows<const T> lse_keys;
  Rows<T> out, gate, weight, lse;
};

template <class T>
struct EditSink {
  Sizes n;
  Rows<const T> d_out, d_gate, out, gate, weight;
  Rows<T> edit;
};

// One key/value head of one batch row. edit_merge is true when some row needs a stand-in for an
// empty d_out.
void merge(const Merge<float>& a, int64_t b, int64_t j);
void merge(const Merge<double>& a, int64_t b, int64_t j);
bool edit_merge(const EditMerge<float>& a, int64_t b, int64_t j);
bool edit_merge(const EditMerge<double>& a, int64_t b, int64_t j);
void finish_merge(const FinishMerge<float>& a, int64_t b, int64_t j);
void finish_merge(const FinishMerge<double>& a, int64_t b, int64_t j);

// Tokens [from, to) of one batch row. edit_sink adds the gradient of the sink logits to d_sink [H].
void rescale(const Rescale<float>& a, int64_t b, int64_t from, int64_t to);
void rescale(const Rescale<double>& a, int64_t b, int64_t from, int64_t to);
bool edit_sink(const EditSink<float>& a, int64_t b, int64_t from, int64_t to, double* d_sink);
bool edit_sink(const EditSink<double>& a, int64_t b, int64_t from, int64_t to, double* d_sink);

}  // namespace sinkmoe::loops
