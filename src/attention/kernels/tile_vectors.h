// Operations on one vector register of one instruction set. It has no include guard: tiles.cpp
// includes it once per instruction set (through tile_passes.h), inside a namespace, with
// SINKMOE_LANE_BYTES and SINKMOE_TARGET set. Each function names its target, because a pragma does
// not apply to templates.

template <class T>
struct Register {
  typedef T V __attribute__((vector_size(SINKMOE_LANE_BYTES)));
  typedef T Loose __attribute__((vector_size(SINKMOE_LANE_BYTES), aligned(sizeof(T)), may_alias));
};
template <class T>
using V = typename Register<T>::V;
using Integers = int32_t __attribute__((vector_size(SINKMOE_LANE_BYTES)));
using WideIntegers = int64_t __attribute__((vector_size(SINKMOE_LANE_BYTES)));

template <class T>
constexpr int kLanes = SINKMOE_LANE_BYTES / static_cast<int>(sizeof(T));

template <class T>
TILE_INLINE V<T> load(const T* p) {
  return *reinterpret_cast<const typename Register<T>::Loose*>(p);
}
template <class T>
TILE_INLINE void store(T* p, V<T> x) {
  *reinterpret_cast<typename Register<T>::Loose*>(p) = x;
}
template <class T>
TILE_INLINE V<T> larger(V<T> a, V<T> b) {
  return a < b ? b : a;  // keeps a NaN in `a`
}

// e^x for x <= 0, relative error below 2e-7: 2^n times a polynomial on [-ln2/2, ln2/2].
// exp(0) is 1 exactly.
TILE_INLINE V<float> exp_negative(V<float> x) {
  using namespace tensor;
  const V<float> smallest = V<float>{} - 87.0f, magic = V<float>{} + kToNearest;
  x = x < smallest ? smallest : x;
  const V<float> n = (x * kLog2E + magic) - magic;  // round to nearest
  const V<float> r = (x - n * kLn2High) - n * kLn2Low;
  V<float> p = V<float>{} + kExp[0];
  p = p * r + kExp[1];
  p = p * r + kExp[2];
  p = p * r + kExp[3];
  p = p * r + kExp[4];
  p = p * r + kExp[5];
  p = p * r * r + r + 1.0f;
  const Integers power = (__builtin_convertvector(n, Integers) + 127) << 23;
  return p * reinterpret_cast<V<float>>(power);
}
TILE_INLINE V<double> exp_negative(V<double> x) {
  for (int i = 0; i < kLanes<double>; ++i) x[i] = __builtin_exp(x[i]);
  return x;
}

// All bits set in lanes with index >= `first`.
TILE_INLINE Integers from_lane(int64_t first, float) {
  Integers lane;
  for (int i = 0; i < kLanes<float>; ++i) lane[i] = i;
  return lane >= static_cast<int32_t>(first);
}
TILE_INLINE WideIntegers from_lane(int64_t first, double) {
  WideIntegers lane;
  for (int i = 0; i < kLanes<double>; ++i) lane[i] = i;
  return lane >= first;
}

template <class T>
struct IntegerOf {
  using type = Integers;
};
template <>
struct IntegerOf<double> {
  using type = WideIntegers;
};

// One stage of a transposition: exchanges the off-diagonal blocks of size `half` in every pair of
// rows (r, r + half).
template <class T, int half>
TILE_INLINE void exchange(V<T>* row) {
  constexpr int N = kLanes<T>;
  typename IntegerOf<T>::type low, high;
  for (int i = 0; i < N; ++i) {
    low[i] = i & half ? N + i - half : i;
    high[i] = i & half ? N + i : i + half;
  }
#pragma GCC unroll 16
  for (int r = 0; r < N; ++r) {
    if (r & half) continue;
    const V<T> a = row[r], b = row[r + half];
    row[r] = __builtin_shuffle(a, b, low);
    row[r + half] = __builtin_shuffle(a, b, high);
  }
}

// to[c][lane] = from[lane][c] for one square of kLanes x kLanes.
template <class T>
TILE_INLINE void transpose_square(const T* from, int64_t from_stride, T* to, int64_t to_stride) {
  constexpr int N = kLanes<T>;
  V<T> row[N];
#pragma GCC unroll 16
  for (int r = 0; r < N; ++r) row[r] = load(from + r * from_stride);
  if constexpr (N >= 16) exchange<T, 8>(row);
  if constexpr (N >= 8) exchange<T, 4>(row);
  if constexpr (N >= 4) exchange<T, 2>(row);
  exchange<T, 1>(row);
#pragma GCC unroll 16
  for (int r = 0; r < N; ++r) store<T>(to + r * to_stride, row[r]);
}
