// Causal attention on a CPU as one fused loop, forward and backward. Scores exist only for a few
// queries at a time, and the gate and its gradient are computed together with the scores. T is
// float or double.
//
// A tile is one vector register of queries (16 in fp32 with AVX-512), so that softmax needs no sum
// across lanes. Each call handles one key/value head of one batch row, so results do not depend on
// the number of threads.
#pragma once

#include "attention/kernels/strided_rows.h"
#include "attention/sink_mode.h"

namespace sinkmoe::attention::kernel {

// What the backward pass needs in addition to the inputs: P_ij = exp(s_ij - top_i) * inverse_i.
template <class T>
struct AttentionForward {
  Sizes n;
  SinkMode mode;
  double scale;
  Rows<const T> q, k, v;
  const T* sink;                    // [H], mode logit only
  Rows<T> out, gate, top, inverse;  // gate: not written in mode none
};

template <class T>
struct AttentionBackward {
  Sizes n;
  SinkMode mode;
  double scale;
  Rows<const T> q, k, v, d_out, d_gate, gate, top, inverse;  // d_gate.data may be null: zeros
  const T* sink;
  Rows<T> dq, dk, dv;
  double* d_sink;  // [B,H], mode logit only; written
};

// Elements of scratch memory that one call needs, aligned to 64 bytes. Grows with T, not with T x
// T.
int64_t scratch_size(const Sizes& n, bool backward);

void attention_forward(const AttentionForward<float>& a, int64_t b, int64_t j, float* scratch);
void attention_forward(const AttentionForward<double>& a, int64_t b, int64_t j, double* scratch);
void attention_backward(const AttentionBackward<float>& a, int64_t b, int64_t j, float* scratch);
void attention_backward(const AttentionBackward<double>& a, int64_t b, int64_t j, double* scratch);

}  // namespace sinkmoe::attention::kernel
