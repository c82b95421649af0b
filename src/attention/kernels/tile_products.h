// The matrix products of one tile, in registers. Included like tile_vectors.h.
#include "attention/kernels/tile_vectors.h"

template <class T>
constexpr int kScoreRows = kLanes<T> < 8 ? kLanes<T> : 8;

// s[j][lane] = scale * sum over c of x[c][lane] * y[j][c], for j < rows (a multiple of kLanes).
// y has K columns.
template <class T>
TILE_INLINE void scores(const T* x, const T* y, int64_t rows, int64_t K, T scale, T* s) {
  constexpr int N = kLanes<T>, R = kScoreRows<T>;
  for (int64_t j = 0; j < rows; j += R) {
    const T* row = y + j * K;
    V<T> sum[R] = {};
    for (int64_t c = 0; c < K; ++c) {
      const V<T> column = load(x + c * N);
#pragma GCC unroll 8
      for (int r = 0; r < R; ++r) sum[r] += column * row[r * K + c];
    }
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) store<T>(s + (j + r) * N, sum[r] * scale);
  }
}

// out[r][c] = (add ? out[r][c] : 0) + sum over s < terms of w[r * row + s * term] * y[s][c], for r
// < R and W registers of columns. out and y have K columns.
template <class T, int R, int W>
TILE_INLINE void outer_block(const T* w, int64_t row, int64_t term, int64_t terms, const T* y,
                             int64_t K, T* out, bool add) {
  constexpr int N = kLanes<T>;
  V<T> sum[R][W] = {};
  if (add) {
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
      for (int i = 0; i < W; ++i) sum[r][i] = load(out + r * K + i * N);
  }
  for (int64_t s = 0; s < terms; ++s) {
    V<T> column[W];
#pragma GCC unroll 4
    for (int i = 0; i < W; ++i) column[i] = load(y + s * K + i * N);
#pragma GCC unroll 8
    for (int r = 0; r < R; ++r) {
      const T weight = w[r * row + s * term];
#pragma GCC unroll 4
      for (int i = 0; i < W; ++i) sum[r][i] += column[i] * weight;
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < R; ++r)
#pragma GCC unroll 4
    for (int i = 0; i < W; ++i) store<T>(out + r * K + i * N, sum[r][i]);
}

// Number of accumulators in a block: the registers of the instruction set minus those for operands.
template <class T, int W>
constexpr int kOuterRows = [] {
  constexpr int most = (SINKMOE_LANE_BYTES == 64 ? 16 : 8) / W, N = kLanes<T>;
  return most > 8 ? (N < 8 ? N : 8) : (N < most ? N : most);
}();

template <class T, int W>
TILE_INLINE void outer_columns(const T* w, int64_t row, int64_t term, int64_t rows, int64_t terms,
                               const T* y, int64_t K, T* out, bool add) {
  constexpr int R = kOuterRows<T, W>;
  for (int64_t r = 0; r < rows; r += R)
    outer_block<T, R, W>(w + r * row, row, term, terms, y, K, out + r * K, add);
}

// The whole product: out[rows][K], with rows and K multiples of kLanes.
template <class T>
TILE_INLINE void outer(const T* w, int64_t row, int64_t term, int64_t rows, int64_t terms,
                       const T* y, int64_t K, T* out, bool add) {
  constexpr int N = kLanes<T>;
  int64_t c = 0;
  for (; c + 4 * N <= K; c += 4 * N)
    outer_columns<T, 4>(w, row, term, rows, terms, y + c, K, out + c, add);
  for (; c + 2 * N <= K; c += 2 * N)
    outer_columns<T, 2>(w, row, term, rows, terms, y + c, K, out + c, add);
  for (; c < K; c += N) outer_columns<T, 1>(w, row, term, rows, terms, y + c, K, out + c, add);
}
