// One thread group per row; see row_device.cuh. Sums over tokens are split into one part per block.
// The parts are added in a fixed order, so results repeat bit for bit.
#include "attention/cuda/row_device.cuh"

namespace sinkmoe::cuda {
namespace {

template <class E>
__global__ void merge_kernel(Merge<E> a, Grid g) {
  const Place p = place(a.n, g);
  const int j = divide(p.h, g.group).whole;
  const bool rest_row = p.channels && p.t > 0;
  const Channels q = rest_row ? load(row(a.q, p.b, p.h, p.t) + p.c) : zeros();
  const Channels k0 = rest_row ? load(row(a.k, p.b, j, 0) + p.c) : zeros();
  const float s0 = a.scale * row_sum(dot(q, k0), g.lanes);
  if (!p.row) return;
  const float lse = p.t > 0 ? *row(a.rest_lse, p.b, p.h, p.t - 1) : 0;
  const Split w = p.t > 0 ? split(lse - s0) : Split{0, 1, 0};
  if (p.lane == 0) {
    *row(a.gate, p.b, p.h, p.t) = w.plus;
    *row(a.first, p.b, p.h, p.t) = w.minus;
    if (p.t > 0) *row(a.lse, p.b, p.h, p.t - 1) = fmaxf(lse, s0) + w.log1p;
  }
  if (!p.channels) return;
  Channels out = load(row(a.v, p.b, j, 0) + p.c);
  if (p.t > 0) {
    const Channels rest = load(row(a.rest_out, p.b, p.h, p.t - 1) + p.c);
    for (int i = 0; i < kChannels; ++i) out.x[i] = w.plus * rest.x[i] + w.minus * out.x[i];
  }
  store(row(a.out, p.b, p.h, p.t) + p.c, out);
}

// A block: one chunk of tokens of one key/value head, all its query heads.
template <class E>
__global__ void edit_merge_kernel(EditMerge<E> a, Grid g, Divider heads_J, Divider chunks_T) {
  constexpr int kPart = kThreads * kChannels;
  __shared__ float shared[2 * kPart];  // parts of d_k0 and of d_v0: [groups, lanes * 8]
  const Quotient block = divide(static_cast<int>(blockIdx.x), chunks_T),
                 head = divide(block.whole, heads_J);
  const int group = static_cast<int>(g.group.divisor), b = head.whole, j = head.rest;
  const int first_token = block.rest * kTokensPerChunk,
            rows = min(kTokensPerChunk, a.n.T - first_token) * group;
  const int thread = static_cast<int>(threadIdx.x), lane = thread & (g.lanes - 1),
            c = lane * kChannels, step = kThreads >> g.shift;
  const Channels v0 = c < a.n.K ? load(row(a.v, b, j, 0) + c) : zeros();
  Channels d_k0 = zeros(), d_v0 = zeros();
  UNROLL(1)
  for (int base = 0; base < rows; base += step) {
    const int r = base + (thread >> g.shift);
    const bool inside = r < rows, channels = inside && c < a.n.K;
    const Quotient token = divide(inside ? r : 0, g.group);
    const int t = first_token + token.whole, h = j * group + token.rest;
    const Channels d_out = channels ? load(row(a.d_out, b, h, t) + c) : zeros();
    const Channels rest = channels && t > 0 ? load(row(a.rest_out, b, h, t - 1) + c) : zeros();
    const float on_first = row_sum(dot(d_out, v0), g.lanes),
                on_rest = row_sum(dot(d_out, rest), g.lanes);
    const RowSize size = row_size(d_out, g.lanes);
    if (!channels) continue;
    const float weight = *row(a.first, b, h, t);
    for (int i = 0; i < kChannels; ++i) d_v0.x[i] += weight * d_out.x[i];
    if (t == 0) continue;
    const float gate = *row(a.gate, b, h, t), d_gate = *row(a.d_gate, b, h, t);
    const float d_logit = a.scale * weight * gate * (on_first - on_rest - d_gate);
    if (lane == 0) *row(a.d_logit, b, h, t - 1) = d_logit;
    const Channels q = load(row(a.q, b, h, t) + c);
    for (int i = 0; i < kChannels; ++i) d_k0.x[i] += d_logit * q.x[i];
    write_edit(row(a.edit, b, h, t - 1), row(a.d_out_copy, b, h, t - 1), d_out, size,
               gate * on_rest + weight * (on_first - d_gate), lane);
  }
  store(shared + thread * kChannels, d_k0);
  store(shared + kPart + thread * kChannels, d_v0);
  __syncthreads();
  const int width = g.lanes * kChannels;
  float* part = a.partial + static_cast<int64_t>(blockIdx.x) * 2 * a.n.K;
  for (int i = thread; i < 2 * width; i += kThreads) {
    const int of_v = i >= width, channel = i - of_v * width;
    if (channel >= a.n.K) continue;
    float sum = 0;
    for (int from = of_v * kPart; from < (of_v + 1) * kPart; from += width)
      sum += shared[from + channel];
    part[of_v * a.n.K + channel] = sum;
  }
}

// Row 0 of a key/value head: adds up the parts of edit_merge.
template <class E>
__device__ void finish_key0(const FinishMerge<E>& a, int b, int j, int c) {
  const int parts = chunks(a.n.T);
  const float* part = a.partial + static_cast<int64_t>(b * a.n.J + j) * parts * 2 * a.n.K;
  Channels dk = zeros(), dv = zeros();
  UNROLL(1)
  for (int chunk = 0; chunk < parts; ++chunk, part += 2 * a.n.K) {
    const Channels k = load(part + c), v = load(part + a.n.K + c);
    for (int i = 0; i < kChannels; ++i) {
      dk.x[i] += k.x[i];
      dv.x[i] += v.x[i];
    }
  }
  store(row(a.dk, b, j, 0) + c, dk);
  store(row(a.dv, b, j, 0) + c, dv);
}

template <class E>
__global__ void finish_merge_kernel(FinishMerge<E> a, Grid g) {
  const Place p = place(a.n, g);
  if (!p.channels) return;
  const Quotient head = divide(p.h, g.group);
  const int j = head.whole;
  const bool leads = head.rest == 0;  // the query head that also copies its key/value head's rows
  if (p.t == 0) {
    store(row(a.dq, p.b, p.h, 0) + p.c, zeros());
    if (leads) finish_key0(a, p.b, j, p.c);
    return;
  }
  const Channels k0 = load(row(a.k, p.b, j, 0) + p.c);
  Channels dq = load(row(a.rest_dq, p.b, p.h, p.t - 1) + p.c);
  const float d_logit = *row(a.d_logit, p.b, p.h, p.t - 1);
  for (int i = 0; i < kChannels; ++i) dq.x[i] += d_logit * k0.x[i];
  store(row(a.dq, p.b, p.h, p.t) + p.c, dq);
  if (!leads) return;
  store(row(a.dk, p.b, j, p.t) + p.c, load(row(a.rest_dk, p.b, j, p.t - 1) + p.c));
  store(row(a.dv, p.b, j, p.t) + p.c, load(row(a.rest_dv, p.b, j, p.t - 1) + p.c));
}

template <class E>
__global__ void rescale_kernel(Rescale<E> a, Grid g) {
  const Place p = place(a.n, g);
  if (!p.row) return;
  const float lse = *row(a.lse_keys, p.b, p.h, p.t), sink = a.sink[p.h];
  const Split w = split(lse - sink);
  if (p.lane == 0) {
    *row(a.gate, p.b, p.h, p.t) = w.plus;
    *row(a.weight, p.b, p.h, p.t) = w.minus;
    *row(a.lse, p.b, p.h, p.t) = fmaxf(lse, sink) + w.log1p;
  }
  if (!p.channels) return;
  E* place_in_row = row(a.out, p.b, p.h, p.t) + p.c;
  Channels out = load(static_cast<const E*>(place_in_row));
  for (int i = 0; i < kChannels; ++i) out.x[i] *= w.plus;
  store(place_in_row, out);
}

// A block: one chunk of tokens (all batch rows concatenated) of one head.
template <class E>
__global__ void edit_sink_kernel(EditSink<E> a, Grid g, Divider chunks_BT) {
  __shared__ float shared[kThreads];
  const Quotient block = divide(static_cast<int>(blockIdx.x), chunks_BT);
  const int h = block.whole, first = block.rest * kTokensPerChunk,
            rows = min(kTokensPerChunk, a.n.B * a.n.T - first);
  const int thread = static_cast<int>(threadIdx.x), lane = thread & (g.lanes - 1),
            c = lane * kChannels, step = kThreads >> g.shift;
  float d_sink = 0;
  UNROLL(1)
  for (int base = 0; base < rows; base += step) {
    const int r = base + (thread >> g.shift);
    const bool inside = r < rows, channels = inside && c < a.n.K;
    const Quotient token = divide(first + (inside ? r : 0), g.tokens);
    const int b = token.whole, t = token.rest;
    const Channels d_out = channels ? load(row(a.d_out, b, h, t) + c) : zeros();
    const Channels out = channels ? load(row(a.out, b, h, t) + c) : zeros();
    const float on_out = row_sum(dot(d_out, out), g.lanes);
    const RowSize size = row_size(d_out, g.lanes);
    if (!channels) continue;
    const float weight = *row(a.weight, b, h, t), d_gate = *row(a.d_gate, b, h, t);
    if (lane == 0) d_sink -= weight * (*row(a.gate, b, h, t) * d_gate + on_out);
    write_edit(row(a.edit, b, h, t), row(a.d_out_copy, b, h, t), d_out, size,
               on_out - weight * d_gate, lane);
  }
  shared[thread] = d_sink;
  __syncthreads();
  if (thread > 0) return;
  float sum = 0;
  for (int i = 0; i < kThreads; i += g.lanes) sum += shared[i];
  a.partial[blockIdx.x] = sum;
}

}  // namespace

template <class E>
cudaError_t merge(const Merge<E>& a, cudaStream_t stream) {
  const Grid g = grid_for(a.n);
  return launch(merge_kernel<E>, row_blocks(a.n, g), kThreads, stream, a, g);
}

template <class E>
cudaError_t edit_merge(const EditMerge<E>& a, cudaStream_t stream) {
  const int32_t parts = chunks(a.n.T);
  return launch(edit_merge_kernel<E>, static_cast<unsigned>(a.n.B * a.n.J * parts), kThreads,
                stream, a, grid_for(a.n), divider(a.n.J), divider(parts));
}

template <class E>
cudaError_t finish_merge(const FinishMerge<E>& a, cudaStream_t stream) {
  const Grid g = grid_for(a.n);
  return launch(finish_merge_kernel<E>, row_blocks(a.n, g), kThreads, stream, a, g);
}

template <class E>
cudaError_t rescale(const Rescale<E>& a, cudaStream_t stream) {
  const Grid g = grid_for(a.n);
  return launch(rescale_kernel<E>, row_blocks(a.n, g), kThreads, stream, a, g);
}

template <class E>
cudaError_t edit_sink(const EditSink<E>& a, cudaStream_t stream) {
  const int32_t parts = chunks(a.n.B * a.n.T);
  return launch(edit_sink_kernel<E>, static_cast<unsigned>(a.n.H * parts), kThreads, stream, a,
                grid_for(a.n), divider(parts));
}

#define FOR_ELEMENT(E)                                                    \
  template cudaError_t merge(const Merge<E>&, cudaStream_t);              \
  template cudaError_t edit_merge(const EditMerge<E>&, cudaStream_t);     \
  template cudaError_t finish_merge(const FinishMerge<E>&, cudaStream_t); \
  template cudaError_t rescale(const Rescale<E>&, cudaStream_t);          \
  template cudaError_t edit_sink(const EditSink<E>&, cudaStream_t);
FOR_ELEMENT(float)
FOR_ELEMENT(Bf16)
#undef FOR_ELEMENT

}  // namespace sinkmoe::cuda
