// The tile kernels, compiled for three instruction sets. The choice is made at run time.
#include "attention/kernels/tiles.h"

#include "tensor/exp_polynomial.h"

#define TILE_INLINE SINKMOE_TARGET __attribute__((always_inline)) inline

namespace sinkmoe::attention::kernel {

namespace baseline {
#define SINKMOE_LANE_BYTES 16
#define SINKMOE_TARGET
#include "attention/kernels/tile_passes.h"
#undef SINKMOE_LANE_BYTES
#undef SINKMOE_TARGET
}  // namespace baseline

#if defined(__x86_64__) && defined(__GNUC__)
namespace avx2 {
#define SINKMOE_LANE_BYTES 32
#define SINKMOE_TARGET __attribute__((target("avx2,fma")))
#include "attention/kernels/tile_passes.h"
#undef SINKMOE_LANE_BYTES
#undef SINKMOE_TARGET
}  // namespace avx2

namespace avx512 {
#define SINKMOE_LANE_BYTES 64
#define SINKMOE_TARGET \
  __attribute__((target("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,prefer-vector-width=512")))
#include "attention/kernels/tile_passes.h"
#undef SINKMOE_LANE_BYTES
#undef SINKMOE_TARGET
}  // namespace avx512
#endif

namespace {

template <class T>
struct Kernels {
  void (*forward)(const AttentionForward<T>&, int64_t, int64_t, T*);
  void (*backward)(const AttentionBackward<T>&, int64_t, int64_t, T*);
};

template <class T>
Kernels<T> choose() {
#if defined(__x86_64__) && defined(__GNUC__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return {avx512::forward_head<T>, avx512::backward_head<T>};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
    return {avx2::forward_head<T>, avx2::backward_head<T>};
#endif
  return {baseline::forward_head<T>, baseline::backward_head<T>};
}

template <class T>
const Kernels<T> chosen = choose<T>();

}  // namespace

int64_t scratch_size(const Sizes& n, bool backward) {
  constexpr int64_t kMostLanes = 16;
  const auto padded = [](int64_t x) { return (x + kMostLanes - 1) / kMostLanes * kMostLanes; };
  const int64_t T = padded(n.T), K = padded(n.K);
  return backward ? 4 * T * K + 2 * T * kMostLanes + 3 * K * kMostLanes
                  : 2 * T * K + T * kMostLanes + 2 * K * kMostLanes;
}

void attention_forward(const AttentionForward<float>& a, int64_t b, int64_t j, float* scratch) {
  chosen<float>.forward(a, b, j, scratch);
}
void attention_forward(const AttentionForward<double>& a, int64_t b, int64_t j, double* scratch) {
  chosen<double>.forward(a, b, j, scratch);
}
void attention_backward(const AttentionBackward<float>& a, int64_t b, int64_t j, float* scratch) {
  chosen<float>.backward(a, b, j, scratch);
}
void attention_backward(const AttentionBackward<double>& a, int64_t b, int64_t j, double* scratch) {
  chosen<double>.backward(a, b, j, scratch);
}

}  // namespace sinkmoe::attention::kernel
