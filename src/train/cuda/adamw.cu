#include "train/cuda/adamw.h"

#include "tensor/cuda/language.h"

namespace sinkmoe::cuda {
namespace {

constexpr int kAdamThreads = 256;

// Indices of inputs and results; static_asserts in adamw_cuda.cpp compare them with
// train/update/adamw.h.
constexpr int kRateAt = 0, kBias1At = 1, kBias2At = 2, kNormAt = 2, kResultCount = 3;

// The numbers that all elements of a step share; the same formulas as in kernel::adamw.
struct Scalars {
  float scale, step, root, keep;
  bool go;
};

__device__ Scalars scalars(const AdamW& a) {
  Scalars s;
  s.go = true;
  for (int i = 0; i < kResultCount; ++i) s.go = s.go && isfinite(a.results[i]);
  const double norm = a.results[kNormAt];
  s.scale = static_cast<float>(a.clip > 0 && norm > a.clip ? a.clip / norm : 1.0);
  const float rate = static_cast<float>(a.inputs[kRateAt]);
  s.step = rate / static_cast<float>(a.inputs[kBias1At]);
  s.root = 1.0f / sqrtf(static_cast<float>(a.inputs[kBias2At]));
  s.keep = 1.0f - rate * a.decay;
  return s;
}

__device__ float update(const AdamW& a, const Scalars& s, float keep, float g, float p, float& m,
                        float& v) {
  const float d = g * s.scale;
  m = a.beta1 * m + (1.0f - a.beta1) * d;
  v = a.beta2 * v + (1.0f - a.beta2) * d * d;
  return p * keep - s.step * m / (sqrtf(v) * s.root + a.eps);
}

// A thread handles four neighbours at a time. `decayed` is a multiple of four, so they have the
// same decay.
__global__ void adamw_kernel(AdamW a) {
  const Scalars s = scalars(a);
  if (!s.go) return;
  const int64_t step = static_cast<int64_t>(gridDim.x) * kAdamThreads;
  for (int64_t i = blockIdx.x * static_cast<int64_t>(kAdamThreads) + threadIdx.x; i < a.n / 4;
       i += step) {
    const float keep = i * 4 < a.decayed ? s.keep : 1.0f;
    const float4 g = reinterpret_cast<const float4*>(a.grad)[i];
    float4 p = reinterpret_cast<float4*>(a.param)[i], m = reinterpret_cast<float4*>(a.m)[i],
           v = reinterpret_cast<float4*>(a.v)[i];
    p.x = update(a, s, keep, g.x, p.x, m.x, v.x);
    p.y = update(a, s, keep, g.y, p.y, m.y, v.y);
    p.z = update(a, s, keep, g.z, p.z, m.z, v.z);
    p.w = update(a, s, keep, g.w, p.w, m.w, v.w);
    reinterpret_cast<float4*>(a.param)[i] = p;
    reinterpret_cast<float4*>(a.m)[i] = m;
    reinterpret_cast<float4*>(a.v)[i] = v;
    if (!a.bf16) continue;
    const auto bits = [](float x) {
      return static_cast<uint32_t>(__bfloat16_as_ushort(__float2bfloat16_rn(x)));
    };
    reinterpret_cast<uint2*>(a.bf16)[i] =
        make_uint2(bits(p.x) | bits(p.y) << 16, bits(p.z) | bits(p.w) << 16);
  }
}

// Sum over the block; every thread gets it.
__device__ double block_sum(double x) {
  __shared__ double part[kAdamThreads];
  const int thread = static_cast<int>(threadIdx.x);
  part[thread] = x;
  __syncthreads();
  for (int step = kAdamThreads / 2; step > 0; step /= 2) {
    if (thread < step) part[thread] += part[thread + step];
    __syncthreads();
  }
  return part[0];
}

__device__ double square(float x) { return static_cast<double>(x) * x; }

__global__ void squares_kernel(GradientNorm a) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * kAdamThreads;
  double sum = 0;
  for (int64_t i = blockIdx.x * static_cast<int64_t>(kAdamThreads) + threadIdx.x; i < a.n / 4;
       i += step) {
    const float4 g = reinterpret_cast<const float4*>(a.grad)[i];
    sum += square(g.x) + square(g.y) + square(g.z) + square(g.w);
  }
  sum = block_sum(sum);
  if (threadIdx.x == 0) a.partial[blockIdx.x] = sum;
}

__global__ void root_kernel(GradientNorm a, int parts) {
  double sum = 0;
  for (int i = static_cast<int>(threadIdx.x); i < parts; i += kAdamThreads) sum += a.partial[i];
  sum = block_sum(sum);
  if (threadIdx.x == 0) *a.norm = sqrt(sum);
}

}  // namespace

int64_t norm_parts(int64_t n) {
  constexpr int64_t kMostParts = 1024;
  const int64_t blocks = (n / 4 + kAdamThreads - 1) / kAdamThreads;
  return blocks < 1 ? 1 : blocks < kMostParts ? blocks : kMostParts;
}

cudaError_t gradient_norm(const GradientNorm& a, cudaStream_t stream) {
  const auto parts = static_cast<unsigned>(norm_parts(a.n));
  const cudaError_t status = launch(squares_kernel, parts, kAdamThreads, stream, a);
  if (status != cudaSuccess) return status;
  return launch(root_kernel, 1, kAdamThreads, stream, a, static_cast<int>(parts));
}

cudaError_t adamw(const AdamW& a, cudaStream_t stream) {
  constexpr int64_t kMostBlocks = 2048;  // above this, each thread handles several groups
  const int64_t blocks = (a.n / 4 + kAdamThreads - 1) / kAdamThreads;
  const auto grid = static_cast<unsigned>(blocks < kMostBlocks ? blocks : kMostBlocks);
  return launch(adamw_kernel, grid, kAdamThreads, stream, a);
}

}  // namespace sinkmoe::cuda
