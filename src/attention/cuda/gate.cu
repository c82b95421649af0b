// Explicit gates: output times sigmoid, and its gradients, each in one pass over the rows.
#include "attention/cuda/row_device.cuh"

namespace sinkmoe::cuda {
namespace {

template <class E>
__global__ void gate_kernel(Gate<E> a, Grid g) {
  const Place p = place(a.n, g);
  Channels gates = zeros();
  if (p.channels && a.per_channel) {
    gates = load(row(a.logit, p.b, p.h, p.t) + p.c);
    for (int i = 0; i < kChannels; ++i) gates.x[i] = split(gates.x[i]).plus;
  } else if (p.channels) {
    const float gate = split(get(row(a.logit, p.b, p.h, p.t))).plus;
    for (int i = 0; i < kChannels; ++i) gates.x[i] = gate;
  }
  float mean = gates.x[0];
  if (a.per_channel) {
    float sum = 0;
    for (int i = 0; i < kChannels; ++i) sum += gates.x[i];
    mean = row_sum(sum, g.lanes) / static_cast<float>(a.n.K);
  }
  if (!p.channels) return;
  if (p.lane == 0) *row(a.gate, p.b, p.h, p.t) = mean;
  Channels x = load(row(a.in, p.b, p.h, p.t) + p.c);
  for (int i = 0; i < kChannels; ++i) x.x[i] *= gates.x[i];
  store(row(a.out, p.b, p.h, p.t) + p.c, x);
}

// The slope is plus * minus: 1 - plus has no digits where a gate is saturated.
template <class E>
__global__ void gate_backward_kernel(GateBackward<E> a, Grid g) {
  const Place p = place(a.n, g);
  const Channels x = p.channels ? load(row(a.in, p.b, p.h, p.t) + p.c) : zeros();
  Channels d = p.channels ? load(row(a.d_out, p.b, p.h, p.t) + p.c) : zeros();
  const float d_gate = p.row ? *row(a.d_gate, p.b, p.h, p.t) : 0;
  if (a.per_channel) {
    if (!p.channels) return;
    const float share = d_gate / static_cast<float>(a.n.K);
    Channels logit = load(row(a.logit, p.b, p.h, p.t) + p.c);
    for (int i = 0; i < kChannels; ++i) {
      const Split s = split(logit.x[i]);
      logit.x[i] = s.plus * s.minus * (d.x[i] * x.x[i] + share);
      d.x[i] *= s.plus;
    }
    store(row(a.d_logit, p.b, p.h, p.t) + p.c, logit);
  } else {
    const float on_gate = row_sum(dot(d, x), g.lanes);
    if (!p.channels) return;
    const Split s = split(get(row(a.logit, p.b, p.h, p.t)));
    if (p.lane == 0) put(row(a.d_logit, p.b, p.h, p.t), s.plus * s.minus * (on_gate + d_gate));
    for (int i = 0; i < kChannels; ++i) d.x[i] *= s.plus;
  }
  store(row(a.d_in, p.b, p.h, p.t) + p.c, d);
}

}  // namespace

template <class E>
cudaError_t gate(const Gate<E>& a, cudaStream_t stream) {
  const Grid g = grid_for(a.n);
  return launch(gate_kernel<E>, row_blocks(a.n, g), kThreads, stream, a, g);
}

template <class E>
cudaError_t gate_backward(const GateBackward<E>& a, cudaStream_t stream) {
  const Grid g = grid_for(a.n);
  return launch(gate_backward_kernel<E>, row_blocks(a.n, g), kThreads, stream, a, g);
}

#define FOR_ELEMENT(E)                                     \
  template cudaError_t gate(const Gate<E>&, cudaStream_t); \
  template cudaError_t gate_backward(const GateBackward<E>&, cudaStream_t);
FOR_ELEMENT(float)
FOR_ELEMENT(Bf16)
#undef FOR_ELEMENT

}  // namespace sinkmoe::cuda
