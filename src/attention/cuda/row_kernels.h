// The fix-ups of sdpa/sdpa_fixups.h, and explicit gates, as CUDA kernels on raw device memory, for
// fp32 and bf16 tensors with fp32 statistics. Includes no LibTorch, so that nvcc compiles in
// seconds. C++17, because CMake 3.25 knows no later CUDA standard.
#pragma once

#include <cstdint>

#include "tensor/cuda/types.h"

namespace sinkmoe::cuda {

// A strided [B,H,T(,K)] device array of less than 2^31 elements. Arrays with K: last stride 1,
// 16-byte aligned rows, K a multiple of 8 up to 256.
template <class E>
struct Rows {
  E* data = nullptr;
  int32_t b = 0, h = 0, t = 0;
};

struct Sizes {
  int32_t B, H, J, T, K;
};

// Number of tokens of one key/value head whose contributions to key 0 one block adds up.
constexpr int32_t kTokensPerChunk = 64;
__host__ __device__ constexpr int32_t chunks(int32_t tokens) {
  return (tokens + kTokensPerChunk - 1) / kTokensPerChunk;
}

// As in sdpa_fixups.h, the arrays rest_* and lse hold rows 1.. only.
template <class E>
struct Merge {
  Sizes n;
  float scale;
  Rows<const E> q, k, v, rest_out;
  Rows<const float> rest_lse;
  Rows<E> out;
  Rows<float> gate, first, lse;
};

template <class E>
struct EditMerge {
  Sizes n;
  float scale;
  Rows<const E> d_out, q, v, rest_out;
  Rows<const float> d_gate, gate, first;
  Rows<E> edit, d_out_copy;  // rows 1..; the copy has replacement values in empty rows
  Rows<float> d_logit;
  float* partial;  // [B, J, chunks(T), 2, K]: parts of d_k0 and d_v0
};

template <class E>
struct FinishMerge {
  Sizes n;
  Rows<const E> k, rest_dq, rest_dk, rest_dv;
  Rows<const float> d_logit;
  const float* partial;
  Rows<E> dq, dk, dv;
};

template <class E>
struct Rescale {
  Sizes n;
  const float* sink;  // [H]
  Rows<const float> lse_keys;
  Rows<E> out;
  Rows<float> gate, weight, lse;
};

template <class E>
struct EditSink {
  Sizes n;
  Rows<const E> d_out, out;
  Rows<const float> d_gate, gate, weight;
  Rows<E> edit, d_out_copy;
  float* partial;  // [H, chunks(B * T)]: parts of the gradient of the sink logits
};

// Explicit gates: out = in * sigmoid(logit).
template <class E>
struct Gate {
  Sizes n;
  bool per_channel;  // logit [B,H,T,K], otherwise [B,H,T]
  Rows<const E> in, logit;
  Rows<E> out;
  Rows<float> gate;  // [B,H,T]: the sigmoid, or its mean over channels
};

template <class E>
struct GateBackward {
  Sizes n;
  bool per_channel;
  Rows<const E> d_out, in, logit;
  Rows<const float> d_gate;
  Rows<E> d_in, d_logit;  // d_logit in the shape of logit
};

template <class E>
cudaError_t merge(const Merge<E>& a, cudaStream_t stream);
template <class E>
cudaError_t edit_merge(const EditMerge<E>& a, cudaStream_t stream);
template <class E>
cudaError_t finish_merge(const FinishMerge<E>& a, cudaStream_t stream);
template <class E>
cudaError_t rescale(const Rescale<E>& a, cudaStream_t stream);
template <class E>
cudaError_t edit_sink(const EditSink<E>& a, cudaStream_t stream);
template <class E>
cudaError_t gate(const Gate<E>& a, cudaStream_t stream);
template <class E>
cudaError_t gate_backward(const GateBackward<E>& a, cudaStream_t stream);

}  // namespace sinkmoe::cuda
