// One thread group per row; see row_device.cuh. Sums over tokens are split into one part per block.
// The parts are added in a fixed order, so results repeat bit for bit.
#include "attention/cuda/row_device.cuh"

namespace sinkmoe::cuda {
namespace {

// The row of this thread. Threads after the last row, or beyond K, still join the shuffles.
struct Place {
  int64_t b, h, t;
  int lane;
  bool row, channels;
};

__device__ Place place(const Sizes& n, int lanes) {
  const int64_t index = blockIdx.x * static_cast<int64_t>(kThreads / lanes) + threadIdx.x / lanes;
  const int lane = threadIdx.x % lanes;
  const bool inside = index < n.B * n.H * n.T;
  const int64_t r = inside ? index : 0;
  return {r / (n.H * n.T), r % n.H, r / n.H % n.T, lane, inside, inside && lane * kChannels < n.K};
}

template <class E>
__global__ void merge_kernel(Merge<E> a, int lanes) {
  const Place p = place(a.n, lanes);
  const int64_t j = p.h / (a.n.H / a.n.J);
  const int c = p.lane * kChannels;
  const bool rest_row = p.channels && p.t > 0;
  const Channels q = rest_row ? load(row(a.q, p.b, p.h, p.t) + c) : zeros();
  const Channels k0 = rest_row ? load(row(a.k, p.b, j, 0) + c) : zeros();
  const float s0 = a.scale * row_sum(dot(q, k0), lanes);
  if (!p.row) return;
  const float lse = p.t > 0 ? *row(a.rest_lse, p.b, p.h, p.t - 1) : 0;
  const Split w = p.t > 0 ? split(lse - s0) : Split{0, 1, 0};
  if (p.lane == 0) {
    *row(a.gate, p.b, p.h, p.t) = w.plus;
    *row(a.first, p.b, p.h, p.t) = w.minus;
    if (p.t > 0) *row(a.lse, p.b, p.h, p.t - 1) = fmaxf(lse, s0) + w.log1p;
  }
  if (!p.channels) return;
  Channels out = load(row(a.v, p.b, j, 0) + c);
  if (p.t > 0) {
    const Channels rest = load(row(a.rest_out, p.b, p.h, p.t - 1) + c);
    for (int i = 0; i < kChannels; ++i) out.x[i] = w.plus * rest.x[i] + w.minus * out.x[i];
  }
  store(row(a.out, p.b, p.h, p.t) + c, out);
}

// Adds the sums of the groups in order and writes the result to `to` [K].
__device__ void write_sum(const Channels& mine, float* shared, float* to, int lanes, int64_t K) {
  const int groups = kThreads / lanes, width = lanes * kChannels;
  __syncthreads();
  for (int i = 0; i < kChannels; ++i) shared[threadIdx.x * kChannels + i] = mine.x[i];
  __syncthreads();
  for (int c = threadIdx.x; c < K; c += kThreads) {
    float sum = 0;
    for (int g = 0; g < groups; ++g) sum += shared[g * width + c];
    to[c] = sum;
  }
}

// A block: one chunk of tokens of one key/value head, all its query heads.
template <class E>
__global__ void edit_merge_kernel(EditMerge<E> a, int lanes) {
  __shared__ float shared[kThreads * kChannels];
  const int64_t group = a.n.H / a.n.J, b = blockIdx.y / a.n.J, j = blockIdx.y % a.n.J;
  const int64_t first_token = blockIdx.x * kTokensPerChunk;
  const int64_t rows = min(kTokensPerChunk, a.n.T - first_token) * group;
  const int lane = threadIdx.x % lanes, c = lane * kChannels, step = kThreads / lanes;
  const Channels v0 = c < a.n.K ? load(row(a.v, b, j, 0) + c) : zeros();
  Channels d_k0 = zeros(), d_v0 = zeros();
  for (int64_t base = 0; base < rows; base += step) {
    const int64_t r = base + threadIdx.x / lanes;
    const bool inside = r < rows, channels = inside && c < a.n.K;
    const int64_t t = first_token + (inside ? r / group : 0),
                  h = j * group + (inside ? r % group : 0);
    const Channels d_out = channels ? load(row(a.d_out, b, h, t) + c) : zeros();
    const Channels rest = channels && t > 0 ? load(row(a.rest_out, b, h, t - 1) + c) : zeros();
    const float on_first = row_sum(dot(d_out, v0), lanes),
                on_rest = row_sum(dot(d_out, rest), lanes);
    const RowSize size = row_size(d_out, lanes);
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
  float* part = a.partial + (blockIdx.y * static_cast<int64_t>(gridDim.x) + blockIdx.x) * 2 * a.n.K;
  write_sum(d_k0, shared, part, lanes, a.n.K);
  write_sum(d_v0, shared, part + a.n.K, lanes, a.n.K);
}

// Row 0 of a key/value head: adds up the parts of edit_merge.
template <class E>
__device__ void finish_key0(const FinishMerge<E>& a, int64_t b, int64_t j, int c) {
  const int64_t parts = chunks(a.n.T);
  const float* part = a.partial + (b * a.n.J + j) * parts * 2 * a.n.K;
  Channels dk = zeros(), dv = zeros();
  for (int64_t chunk = 0; chunk < parts; ++chunk, part += 2 * a.n.K) {
    for (int i = 0; i < kChannels; ++i) {
      dk.x[i] += part[c + i];
      dv.x[i] += part[a.n.K + c + i];
    }
  }
  store(row(a.dk, b, j, 0) + c, dk);
  store(row(a.dv, b, j, 0) + c, dv);
}

template <class E>
__global__ void finish_merge_kernel(FinishMerge<E> a, int lanes) {
  const Place p = place(a.n, lanes);
  if (!p.channels) return;
  const int64_t group = a.n.H / a.n.J, j = p.h / group;
  const int c = p.lane * kChannels;
  const bool leads = p.h % group == 0;  // the query head that also copies its key/value head's rows
  if (p.t == 0) {
    store(row(a.dq, p.b, p.h, 0) + c, zeros());
    if (leads) finish_key0(a, p.b, j, c);
    return;
  }
  const Channels k0 = load(row(a.k, p.b, j, 0) + c);
  Channels dq = load(row(a.rest_dq, p.b, p.h, p.t - 1) + c);
  const float d_logit = *row(a.d_logit, p.b, p.h, p.t - 1);
  for (int i = 0; i < kChannels; ++i) dq.x[i] += d_logit * k0.x[i];
  store(row(a.dq, p.b, p.h, p.t) + c, dq);
  if (!leads) return;
  store(row(a.dk, p.b, j, p.t) + c, load(row(a.rest_dk, p.b, j, p.t - 1) + c));
  store(row(a.dv, p.b, j, p.t) + c, load(row(a.rest_dv, p.b, j, p.t - 1) + c));
}

template <class E>
__global__ void rescale_kernel(Rescale<E> a, int lanes) {
  const Place p = place(a.n, lanes);
  if (!p.row) return;
  const float lse = *row(a.lse_keys, p.b, p.h, p.t), sink = a.sink[p.h];
  const Split w = split(lse - sink);
  if (p.lane == 0) {
    *row(a.gate, p.b, p.h, p.t) = w.plus;
    *row(a.weight, p.b, p.h, p.t) = w.minus;
    *row(a.lse, p.b, p.h, p.t) = fmaxf(lse, sink) + w.log1p;
  }
  if (!p.channels) return;
  E* place_in_row = row(a.out, p.b, p.h, p.t) + p.lane * kChannels;
  Channels out = load(static_cast<const E*>(place_in_row));
  for (int i = 0; i < kChannels; ++i) out.x[i] *= w.plus;
  store(place_in_row, out);
}

// A block: one chunk of tokens (all batch rows concatenated) of one head.
template <class E>
__global__ void edit_sink_kernel(EditSink<E> a, int lanes) {
  __shared__ float shared[kThreads];
  const int64_t h = blockIdx.y, first = blockIdx.x * kTokensPerChunk;
  const int64_t rows = min(kTokensPerChunk, a.n.B * a.n.T - first);
  const int lane = threadIdx.x % lanes, c = lane * kChannels, step = kThreads / lanes;
  float d_sink = 0;
  for (int64_t base = 0; base < rows; base += step) {
    const int64_t r = base + threadIdx.x / lanes;
    const bool inside = r < rows, channels = inside && c < a.n.K;
    const int64_t b = (first + (inside ? r : 0)) / a.n.T, t = (first + (inside ? r : 0)) % a.n.T;
    const Channels d_out = channels ? load(row(a.d_out, b, h, t) + c) : zeros();
    const Channels out = channels ? load(row(a.out, b, h, t) + c) : zeros();
    const float on_out = row_sum(dot(d_out, out), lanes);
    const RowSize size = row_size(d_out, lanes);
    if (!channels) continue;
    const float weight = *row(a.weight, b, h, t), d_gate = *row(a.d_gate, b, h, t);
    if (lane == 0) d_sink -= weight * (*row(a.gate, b, h, t) * d_gate + on_out);
    write_edit(row(a.edit, b, h, t), row(a.d_out_copy, b, h, t), d_out, size,
               on_out - weight * d_gate, lane);
  }
  shared[threadIdx.x] = d_sink;
  __syncthreads();
  if (threadIdx.x > 0) return;
  float sum = 0;
  for (int i = 0; i < kThreads; i += lanes) sum += shared[i];
  a.partial[h * static_cast<int64_t>(gridDim.x) + blockIdx.x] = sum;
}

unsigned row_blocks(const Sizes& n, int lanes) {
  const int64_t rows = n.B * n.H * n.T, per_block = kThreads / lanes;
  return static_cast<unsigned>((rows + per_block - 1) / per_block);
}

}  // namespace

template <class E>
cudaError_t merge(const Merge<E>& a, cudaStream_t stream) {
  const int lanes = lanes_for(a.n.K);
  return launch(merge_kernel<E>, row_blocks(a.n, lanes), kThreads, stream, a, lanes);
}

template <class E>
cudaError_t edit_merge(const EditMerge<E>& a, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>(chunks(a.n.T)), static_cast<unsigned>(a.n.B * a.n.J));
  return launch(edit_merge_kernel<E>, grid, kThreads, stream, a, lanes_for(a.n.K));
}

template <class E>
cudaError_t finish_merge(const FinishMerge<E>& a, cudaStream_t stream) {
  const int lanes = lanes_for(a.n.K);
  return launch(finish_merge_kernel<E>, row_blocks(a.n, lanes), kThreads, stream, a, lanes);
}

template <class E>
cudaError_t rescale(const Rescale<E>& a, cudaStream_t stream) {
  const int lanes = lanes_for(a.n.K);
  return launch(rescale_kernel<E>, row_blocks(a.n, lanes), kThreads, stream, a, lanes);
}

template <class E>
cudaError_t edit_sink(const EditSink<E>& a, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>(chunks(a.n.B * a.n.T)), static_cast<unsigned>(a.n.H));
  return launch(edit_sink_kernel<E>, grid, kThreads, stream, a, lanes_for(a.n.K));
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
