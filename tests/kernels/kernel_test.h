// Helpers for tests of the CUDA kernels on the processor, without LibTorch: arrays of exactly the
// size that a kernel may touch, a comparison with fp64, and one of different delays.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "tensor/cuda/elements.cuh"

namespace sinkmoe::testing {

using cuda::Bf16;
using Numbers = std::vector<double>;

template <class E>
constexpr bool kIsBf16 = std::is_same_v<E, Bf16>;

template <class E>
std::vector<E> narrow(const Numbers& x) {
  std::vector<E> out(x.size());
  for (size_t i = 0; i < x.size(); ++i) cuda::put(&out[i], static_cast<float>(x[i]));
  return out;
}

template <class E>
Numbers wide(const std::vector<E>& x) {
  Numbers out(x.size());
  for (size_t i = 0; i < x.size(); ++i) out[i] = cuda::get(&x[i]);
  return out;
}

// Normal numbers that E represents exactly.
template <class E>
Numbers normal(int64_t n, unsigned seed, double size = 1, double mean = 0) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> draw(mean, size);
  Numbers x(static_cast<size_t>(n));
  for (double& value : x) value = draw(generator);
  return wide(narrow<E>(x));
}

// Output of a kernel: filled with NaN, so that a missing write is seen.
template <class E>
std::vector<E> unwritten(int64_t n) {
  return narrow<E>(Numbers(static_cast<size_t>(n), NAN));
}

struct Output {
  std::string name;
  Numbers values;
  double bound;  // of ||got - expected|| / ||expected||
};

inline double distance(const Numbers& a, const Numbers& b) {
  double difference = 0, size = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    difference += (a[i] - b[i]) * (a[i] - b[i]);
    size += b[i] * b[i];
  }
  return size > 1e-20 ? std::sqrt(difference / size) : std::sqrt(difference);
}

// The result is near `expected`, and has the same bits whichever warps and blocks come late.
inline void expect_kernel(const std::function<std::vector<Output>()>& run,
                          const std::vector<Numbers>& expected, const std::string& what,
                          uint64_t delays = 20) {
  emulated::delays = 0;
  const std::vector<Output> got = run();
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].values.size(), expected[i].size()) << what << ", " << got[i].name;
    EXPECT_LE(distance(got[i].values, expected[i]), got[i].bound) << what << ", " << got[i].name;
  }
  for (uint64_t seed = 1; seed <= delays; ++seed) {
    emulated::delays = seed;
    const std::vector<Output> late = run();
    for (size_t i = 0; i < got.size(); ++i)
      EXPECT_EQ(std::memcmp(late[i].values.data(), got[i].values.data(),
                            got[i].values.size() * sizeof(double)),
                0)
          << what << ", " << got[i].name << ": the result depends on delays, number " << seed;
    if (::testing::Test::HasFailure()) break;
  }
  emulated::delays = 0;
}

template <class E>
constexpr double rounding(double fp32 = 2e-6) {
  return kIsBf16<E> ? 4e-3 : fp32;
}

template <class E>
const char* type_name() {
  return kIsBf16<E> ? "bf16" : "fp32";
}

inline void expect_launched(cudaError_t status) {
  EXPECT_EQ(status, cudaSuccess) << cudaGetErrorString(status);
}

}  // namespace sinkmoe::testing
