// A stand-in for CUDA C++ that runs kernel files on the processor: src/tensor/cuda/language.h
// takes it when SINKMOE_KERNELS_ON_CPU is defined. Blocks run one after another; the threads of a
// block are fibers that give way to each other at __syncthreads and at shuffles, so kernels run as
// written, shared memory and partial warps included. A thread that misses a meeting point which the
// others wait at is an error, as is a block whose threads wait at different ones.
//
// Not imitated: memory order, timing, and races between threads that no meeting point separates.
#pragma once

#include <ucontext.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __shared__ static

using cudaStream_t = void*;
enum cudaError_t { cudaSuccess, cudaErrorUnknown };
inline const char* cudaGetErrorString(cudaError_t) { return "failed on the CPU"; }

struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};
struct alignas(16) float4 {
  float x, y, z, w;
};
struct alignas(16) uint4 {
  uint32_t x, y, z, w;
};
struct alignas(8) uint2 {
  uint32_t x, y;
};
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline uint4 make_uint4(uint32_t x, uint32_t y, uint32_t z, uint32_t w) { return {x, y, z, w}; }
inline uint2 make_uint2(uint32_t x, uint32_t y) { return {x, y}; }

inline float __uint_as_float(uint32_t bits) { return std::bit_cast<float>(bits); }
struct EmulatedBf16 {
  uint16_t bits;
};
// To nearest, ties to even; a NaN stays one.
inline EmulatedBf16 __float2bfloat16_rn(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  if (std::isnan(x)) return {0x7fff};
  return {static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16)};
}
inline uint16_t __bfloat16_as_ushort(EmulatedBf16 x) { return x.bits; }
inline float __bfloat162float(EmulatedBf16 x) {
  return std::bit_cast<float>(static_cast<uint32_t>(x.bits) << 16);
}

namespace sinkmoe::emulated {

constexpr size_t kStack = 64 << 10, kWarp = 32;

struct Fiber {
  ucontext_t context;
  std::unique_ptr<std::byte[]> stack = std::make_unique<std::byte[]>(kStack);
  enum State { ready, at_block, at_warp, done } state = ready;
  float exchanged = 0;
};

inline dim3 threadIdx, blockIdx, gridDim, blockDim;
inline std::vector<Fiber> fibers;
inline ucontext_t scheduler;
inline const std::function<void()>* body = nullptr;

inline void enter() {
  (*body)();
  fibers[threadIdx.x].state = Fiber::done;
}

inline void give_way(Fiber::State state) {
  Fiber& self = fibers[threadIdx.x];
  self.state = state;
  ::swapcontext(&self.context, &scheduler);
}

// Lets the fibers in [from, to) go on when all of them wait at `state`. Throws when some wait and
// others are done: on a GPU they would wait for ever, or read nothing.
inline bool meet(size_t from, size_t to, Fiber::State state) {
  const auto count = [&](Fiber::State s) {
    return std::count_if(fibers.begin() + static_cast<ptrdiff_t>(from),
                         fibers.begin() + static_cast<ptrdiff_t>(to),
                         [&](const Fiber& f) { return f.state == s; });
  };
  const auto waiting = count(state), all = static_cast<ptrdiff_t>(to - from);
  if (waiting == 0) return false;
  if (waiting + count(Fiber::done) == all && waiting < all)
    throw std::logic_error("kernel: threads wait for others that have ended");
  if (waiting < all) return false;
  for (size_t i = from; i < to; ++i) fibers[i].state = Fiber::ready;
  return true;
}

inline void run_block(unsigned threads, const std::function<void()>& kernel) {
  body = &kernel;
  if (fibers.size() != threads) fibers = std::vector<Fiber>(threads);
  for (Fiber& f : fibers) {
    f.state = Fiber::ready;
    ::getcontext(&f.context);
    f.context.uc_stack = {.ss_sp = f.stack.get(), .ss_flags = 0, .ss_size = kStack};
    f.context.uc_link = &scheduler;
    ::makecontext(&f.context, enter, 0);
  }
  for (bool moved = true; moved;) {
    moved = false;
    for (unsigned i = 0; i < threads; ++i) {
      if (fibers[i].state != Fiber::ready) continue;
      threadIdx.x = i;
      ::swapcontext(&scheduler, &fibers[i].context);
      moved = true;
    }
    for (size_t warp = 0; warp < threads; warp += kWarp)
      moved |= meet(warp, std::min<size_t>(warp + kWarp, threads), Fiber::at_warp);
    moved |= meet(0, threads, Fiber::at_block);
  }
  for (const Fiber& f : fibers)
    if (f.state != Fiber::done)
      throw std::logic_error("kernel: threads of a block wait at different places");
}

}  // namespace sinkmoe::emulated

inline void __syncthreads() { sinkmoe::emulated::give_way(sinkmoe::emulated::Fiber::at_block); }

// Full warps only, as the kernels use it.
inline float __shfl_xor_sync(uint32_t, float x, int step, int width = 32) {
  using namespace sinkmoe::emulated;
  const unsigned self = threadIdx.x;
  fibers[self].exchanged = x;
  give_way(Fiber::at_warp);
  const unsigned from = self ^ static_cast<unsigned>(step);
  const float got = from / static_cast<unsigned>(width) == self / static_cast<unsigned>(width)
                        ? fibers[from].exchanged
                        : x;
  give_way(Fiber::at_warp);  // nobody overwrites its value before all have read
  return got;
}

using sinkmoe::emulated::blockDim, sinkmoe::emulated::blockIdx, sinkmoe::emulated::gridDim,
    sinkmoe::emulated::threadIdx;

// The namespace of the kernels is that of the including test (it renames `cuda`, so that the real
// kernels of a CUDA build stay themselves).
namespace sinkmoe::cuda {

using std::min, std::max, std::isfinite;

template <class... Parameters, class... Arguments>
cudaError_t launch(void (*kernel)(Parameters...), dim3 grid, unsigned threads, cudaStream_t,
                   Arguments... arguments) {
  const std::function<void()> call = [&] { kernel(arguments...); };
  emulated::gridDim = grid;
  emulated::blockDim = threads;
  for (emulated::blockIdx.y = 0; emulated::blockIdx.y < grid.y; ++emulated::blockIdx.y)
    for (emulated::blockIdx.x = 0; emulated::blockIdx.x < grid.x; ++emulated::blockIdx.x)
      emulated::run_block(threads, call);
  return cudaSuccess;
}

}  // namespace sinkmoe::cuda
