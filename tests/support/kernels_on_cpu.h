// A stand-in for CUDA C++ that runs kernel files on the processor: src/tensor/cuda/language.h
// takes it when SINKMOE_KERNELS_ON_CPU is defined. Blocks run one after another; the threads of a
// block are fibers that give way to each other at __syncthreads and at shuffles, so kernels run as
// written, shared memory and partial warps included. A thread that misses a meeting point which the
// others wait at is an error, as is a block whose threads wait at different ones.
//
// emulated::delays = n for n > 0: random blocks, warps and lanes come late (a different order for
// each n). A kernel whose result depends on n lacks a barrier. Shared memory is full of NaN at the
// start of each block. Sanitizers see the kernels' accesses (cmake/Tests.cmake).
//
// Not imitated: memory order, timing, and races inside one instruction.
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
#define UNROLL(times)
// One section for all shared arrays, so that each block can begin with NaN in them.
#define __shared__ static __attribute__((section("emulated_shared")))

using cudaStream_t = void*;
enum cudaError_t { cudaSuccess, cudaErrorInvalidConfiguration };
inline const char* cudaGetErrorString(cudaError_t status) {
  return status == cudaSuccess ? "no error" : "invalid configuration argument";
}

struct dim3 {
  unsigned x = 1, y = 1, z = 1;
  constexpr dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};
// A kernel reads arrays of other types through these.
struct [[gnu::may_alias]] alignas(16) float4 {
  float x, y, z, w;
};
struct [[gnu::may_alias]] alignas(16) uint4 {
  uint32_t x, y, z, w;
};
struct [[gnu::may_alias]] alignas(8) uint2 {
  uint32_t x, y;
};
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
inline uint4 make_uint4(uint32_t x, uint32_t y, uint32_t z, uint32_t w) { return {x, y, z, w}; }
inline uint2 make_uint2(uint32_t x, uint32_t y) { return {x, y}; }

inline float __uint_as_float(uint32_t bits) { return std::bit_cast<float>(bits); }
inline uint32_t __float_as_uint(float x) { return std::bit_cast<uint32_t>(x); }
inline uint32_t __umulhi(uint32_t a, uint32_t b) {
  return static_cast<uint32_t>(uint64_t{a} * b >> 32);
}
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

// The bounds of that section, from the linker; absent if no kernel has shared memory.
extern "C" {
extern char __start_emulated_shared[] __attribute__((weak, visibility("hidden")));
extern char __stop_emulated_shared[] __attribute__((weak, visibility("hidden")));
}

namespace sinkmoe::emulated {

constexpr size_t kStack = 64 << 10, kWarp = 32;
constexpr unsigned kMostThreads = 1024, kMostBlocksY = 65535, kMostBlocksX = 0x7fffffff;

struct Fiber {
  ucontext_t context;
  std::unique_ptr<std::byte[]> stack = std::make_unique<std::byte[]>(kStack);
  enum State { ready, at_block, at_warp, done } state = ready;
  uint32_t exchanged[2] = {0, 0};
  unsigned exchanges = 0;
};

inline dim3 threadIdx, blockIdx, gridDim, blockDim;
inline std::vector<Fiber> fibers;
inline ucontext_t scheduler;
inline const std::function<void()>* body = nullptr;

// 0: everything in order. Otherwise the seed of the delays.
inline uint64_t delays = 0;
inline uint64_t random_state = 0;
inline bool late() {  // one of three, if there are delays
  if (delays == 0) return false;
  random_state = random_state * 6364136223846793005u + 1442695040888963407u;
  return (random_state >> 33) % 3 == 0;
}

inline void enter() {
  (*body)();
  fibers[threadIdx.x].state = Fiber::done;
}

inline void give_way(Fiber::State state) {
  Fiber& self = fibers[threadIdx.x];
  self.state = state;
  ::swapcontext(&self.context, &scheduler);
}

// Runs one fiber until it waits or ends.
inline void run(unsigned thread) {
  threadIdx.x = thread;
  ::swapcontext(&scheduler, &fibers[thread].context);
}

// Lets the fibers in [from, to) go on when all of them wait at `state`. Throws when some wait and
// others are done: on a GPU they would wait for ever, or read nothing.
inline bool meet(size_t from, size_t to, Fiber::State state) {
  size_t waiting = 0, ended = 0;
  for (size_t i = from; i < to; ++i) {
    waiting += fibers[i].state == state;
    ended += fibers[i].state == Fiber::done;
  }
  if (waiting == 0) return false;
  if (ended > 0 && waiting + ended == to - from)
    throw std::logic_error("kernel: threads wait for others that have ended");
  if (waiting < to - from) return false;
  for (size_t i = from; i < to; ++i) fibers[i].state = Fiber::ready;
  return true;
}

// Byte by byte: between the arrays lie the sanitizer's guards, which memset would report.
__attribute__((no_sanitize("address", "undefined"))) inline void fill_shared_with_nan() {
  if (!__start_emulated_shared) return;
  for (volatile char* p = __start_emulated_shared; p < __stop_emulated_shared; ++p)
    *p = static_cast<char>(0xff);
}

// Lets the ready lanes of a warp run until each of them waits.
inline bool run_warp(size_t from, size_t to) {
  bool moved = false;
  const bool backwards = late();
  for (size_t i = from; i < to; ++i) {
    const size_t thread = backwards ? to - 1 - (i - from) : i;
    if (fibers[thread].state != Fiber::ready) continue;
    run(static_cast<unsigned>(thread));
    moved = true;
  }
  return meet(from, to, Fiber::at_warp) || moved;
}

inline void run_block(unsigned threads, const std::function<void()>& kernel) {
  body = &kernel;
  fill_shared_with_nan();
  if (fibers.size() != threads) fibers = std::vector<Fiber>(threads);
  for (Fiber& f : fibers) {
    f.state = Fiber::ready;
    f.exchanges = 0;
    ::getcontext(&f.context);
    f.context.uc_stack = {.ss_sp = f.stack.get(), .ss_flags = 0, .ss_size = kStack};
    f.context.uc_link = &scheduler;
    ::makecontext(&f.context, enter, 0);
  }
  // A late warp waits until no other can move. Which warps are late changes at every barrier.
  std::vector<bool> held((threads + kWarp - 1) / kWarp, false);
  const auto draw = [&] {
    for (size_t i = 0; i < held.size(); ++i) held[i] = late();
  };
  const auto run_warps = [&](bool of_held) {
    bool moved = false;
    for (size_t i = 0; i < held.size(); ++i)
      if (held[i] == of_held)
        moved |= run_warp(i * kWarp, std::min<size_t>((i + 1) * kWarp, threads));
    return moved;
  };
  draw();
  for (bool moved = true; moved;) {
    moved = run_warps(false) || run_warps(true);
    if (meet(0, threads, Fiber::at_block)) {
      moved = true;
      draw();
    }
  }
  for (const Fiber& f : fibers)
    if (f.state != Fiber::done)
      throw std::logic_error("kernel: threads of a block wait at different places");
}

// What a GPU refuses to launch.
inline bool possible(dim3 grid, unsigned threads) {
  return threads > 0 && threads <= kMostThreads && grid.x > 0 && grid.x <= kMostBlocksX &&
         grid.y > 0 && grid.y <= kMostBlocksY && grid.z == 1;
}

}  // namespace sinkmoe::emulated

inline void __syncthreads() { sinkmoe::emulated::give_way(sinkmoe::emulated::Fiber::at_block); }

// Full warps only, as the kernels use it. A lane overwrites its value two exchanges later, when all
// have read it.
template <class T>
T __shfl_xor_sync(uint32_t, T x, int step, int width = 32) {
  using namespace sinkmoe::emulated;
  static_assert(sizeof(T) == sizeof(uint32_t));
  const unsigned self = threadIdx.x, slot = fibers[self].exchanges++ % 2;
  fibers[self].exchanged[slot] = std::bit_cast<uint32_t>(x);
  give_way(Fiber::at_warp);
  const unsigned from = self ^ static_cast<unsigned>(step);
  if (from / static_cast<unsigned>(width) != self / static_cast<unsigned>(width)) return x;
  return std::bit_cast<T>(fibers[from].exchanged[slot]);
}

using sinkmoe::emulated::blockDim, sinkmoe::emulated::blockIdx, sinkmoe::emulated::gridDim,
    sinkmoe::emulated::threadIdx;

// The namespace of the kernels is that of the including test (it renames `cuda`, so that the real
// kernels of a CUDA build stay themselves).
namespace sinkmoe::cuda {

using std::min, std::max, std::isfinite;

inline float rsqrtf(float x) { return 1 / std::sqrt(x); }

template <class... Parameters, class... Arguments>
cudaError_t launch(void (*kernel)(Parameters...), dim3 grid, unsigned threads, cudaStream_t,
                   Arguments... arguments) {
  if (!emulated::possible(grid, threads)) return cudaErrorInvalidConfiguration;
  const std::function<void()> call = [&] { kernel(arguments...); };
  emulated::gridDim = grid;
  emulated::blockDim = threads;
  emulated::random_state = emulated::delays;
  std::vector<unsigned> late;
  const auto run = [&](unsigned x) {
    emulated::blockIdx.x = x;
    emulated::run_block(threads, call);
  };
  for (emulated::blockIdx.y = 0; emulated::blockIdx.y < grid.y; ++emulated::blockIdx.y) {
    late.clear();
    for (unsigned x = 0; x < grid.x; ++x) emulated::late() ? late.push_back(x) : run(x);
    for (auto x = late.rbegin(); x != late.rend(); ++x) run(*x);
  }
  return cudaSuccess;
}

}  // namespace sinkmoe::cuda
