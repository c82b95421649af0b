// The stand-in for CUDA itself: what it must find and what it must refuse.
#include "kernels/kernel_test.h"

namespace sinkmoe::cuda {
namespace {

using Numbers = std::vector<float>;

// The sum over a block's warps, with or without the barrier before its readers.
template <bool kBarrier>
__global__ void block_sums(float* out) {
  __shared__ float shared[4];
  for (int round = 0; round < 3; ++round) {
    if (kBarrier) __syncthreads();  // the readers of the last round
    if (threadIdx.x % 32 == 0)
      shared[threadIdx.x / 32] =
          static_cast<float>(threadIdx.x / 32 + 1) * static_cast<float>(round + 1);
    __syncthreads();
    float sum = 0;
    for (const float x : shared) sum += x;
    out[round * 128 + static_cast<int>(threadIdx.x)] = sum;
  }
}

Numbers sums(void (*kernel)(float*), uint64_t delays) {
  Numbers out(3 * 128);
  emulated::delays = delays;
  EXPECT_EQ(launch(kernel, 1, 128, nullptr, out.data()), cudaSuccess);
  emulated::delays = 0;
  return out;
}

TEST(Emulation, DelaysFindAMissingBarrier) {
  int wrong = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_EQ(sums(block_sums<true>, seed), sums(block_sums<true>, 0));
    wrong += sums(block_sums<false>, seed) != sums(block_sums<true>, 0);
  }
  EXPECT_GE(wrong, 10);
}

__global__ void read_unwritten(float* out) {
  __shared__ float shared[8];
  if (blockIdx.x == 0) shared[threadIdx.x] = 1;  // the next block finds nothing of this
  out[blockIdx.x * 8 + threadIdx.x] = shared[threadIdx.x];
}

TEST(Emulation, SharedMemoryBeginsAsNotANumber) {
  Numbers out(16);
  ASSERT_EQ(launch(read_unwritten, 2, 8, nullptr, out.data()), cudaSuccess);
  for (int i = 0; i < 16; ++i) EXPECT_EQ(std::isnan(out[static_cast<size_t>(i)]), i >= 8) << i;
}

__global__ void half_waits() {
  if (threadIdx.x < 32) __syncthreads();
}
__global__ void nothing() {}

TEST(Emulation, ThreadsThatMissABarrierAreAnError) {
  EXPECT_THROW(launch(half_waits, 1, 64, nullptr), std::logic_error);
}

TEST(Emulation, RefusesWhatAGpuCannotLaunch) {
  const auto status = [](dim3 grid, unsigned threads) {
    return launch(nothing, grid, threads, nullptr);
  };
  EXPECT_EQ(status({3, 2}, 1024), cudaSuccess);
  EXPECT_EQ(status({1, 65535}, 1), cudaSuccess);
  for (const auto& [grid, threads] : {std::pair<dim3, unsigned>{{1, 65536}, 32},
                                      {{1, 1}, 1025},
                                      {{1, 1}, 0},
                                      {{0, 1}, 32},
                                      {{0x80000000u, 1}, 32}})
    EXPECT_EQ(status(grid, threads), cudaErrorInvalidConfiguration) << grid.x << " " << grid.y;
}

TEST(Divider, IsTheDivisionOfIntegers) {
  std::mt19937 generator(1);
  for (int64_t divisor = 1; divisor < 2000; ++divisor)
    for (const int64_t n : {int64_t{0}, divisor - 1, divisor, 12345 * divisor - 1, 12345 * divisor,
                            int64_t{0x7fffffff}, static_cast<int64_t>(generator() >> 1)}) {
      const Quotient q = divide(static_cast<int32_t>(n), divider(divisor));
      ASSERT_EQ(q.whole, n / divisor) << n << " / " << divisor;
      ASSERT_EQ(q.rest, n % divisor) << n << " / " << divisor;
    }
  for (const int64_t divisor : {int64_t{65535}, int64_t{1} << 30, int64_t{0x7fffffff}})
    EXPECT_EQ(divide(0x7fffffff, divider(divisor)).whole, 0x7fffffff / divisor);
}

}  // namespace
}  // namespace sinkmoe::cuda
