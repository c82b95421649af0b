// Fused CPU loops of explicit gates: a head's output times a sigmoid, per head or per channel.
#pragma once

#include "attention/kernels/strided_rows.h"

namespace sinkmoe::attention::kernel {

// logit: [B,H,T] if per_channel is false, otherwise [B,H,T,K].
template <class T>
struct GateForward {
  Sizes n;
  bool per_channel;
  Rows<const T> in, logit;
  Rows<T> out, gate;  // gate [B,H,T]: the sigmoid, or its mean over channels
};

template <class T>
struct GateBackward {
  Sizes n;
  bool per_channel;
  Rows<const T> d_out, d_gate, in, logit;
  Rows<T> d_in, d_logit;
};

// Tokens [from, to) of one batch row.
void gate_forward(const GateForward<float>& a, int64_t b, int64_t from, int64_t to);
void gate_forward(const GateForward<double>& a, int64_t b, int64_t from, int64_t to);
void gate_backward(const GateBackward<float>& a, int64_t b, int64_t from, int64_t to);
void gate_backward(const GateBackward<double>& a, int64_t b, int64_t from, int64_t to);

}  // namespace sinkmoe::attention::kernel
