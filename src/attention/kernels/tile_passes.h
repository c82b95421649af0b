// Forward and backward pass of one key/value head. Included like tile_vectors.h. Formulas:
// docs/attention.md.
#include "attention/kernels/tile_products.h"

constexpr int64_t round_up(int64_t n, int64_t to) { return (n + to - 1) / to * to; }

// Sizes padded to whole registers, and an allocator for scratch memory.
template <class T>
struct Scratch {
  int64_t T_, K;  // padded
  T* next;
  SINKMOE_TARGET Scratch(const Sizes& n, T* scratch)
      : T_(round_up(n.T, kLanes<T>)), K(round_up(n.K, kLanes<T>)), next(scratch) {}
  SINKMOE_TARGET T* take(int64_t elements) {
    T* p = next;
    next += elements;
    return p;
  }
};

// Copies rows [from, from + rows) of one head; missing rows and columns become zeros.
template <class T>
TILE_INLINE void copy_rows(const Rows<const T>& x, int64_t b, int64_t h, int64_t from, int64_t rows,
                           int64_t end, int64_t K, int64_t padded, T* to) {
  constexpr int N = kLanes<T>;
  for (int64_t r = 0; r < rows; ++r) {
    T* row = to + r * padded;
    const int64_t there = from + r < end ? K : 0;
    const T* source = there ? x(b, h, from + r) : nullptr;
    int64_t c = 0;
    for (; c + N <= there; c += N) store<T>(row + c, load(source + c));
    for (; c < there; ++c) row[c] = source[c];
    for (; c < padded; ++c) row[c] = 0;
  }
}

template <class T>
TILE_INLINE void transpose(const T* rows, int64_t K, T* columns) {
  constexpr int N = kLanes<T>;
  for (int64_t c = 0; c < K; c += N) transpose_square<T>(rows + c, K, columns + c * N, N);
}

// The values of a [B,H,T] array for the queries of a tile; 0 after the last query.
template <class T>
TILE_INLINE V<T> gather(const Rows<const T>& x, int64_t b, int64_t h, int64_t from, int64_t count) {
  V<T> out = {};
  for (int64_t i = 0; i < count; ++i) out[i] = *x(b, h, from + i);
  return out;
}
template <class T>
TILE_INLINE void scatter(const Rows<T>& x, int64_t b, int64_t h, int64_t from, int64_t count,
                         V<T> y) {
  for (int64_t i = 0; i < count; ++i) *x(b, h, from + i) = y[i];
}

// s becomes exp(s - top), causal. The sum of row 0 and that of rows 1.. are kept separately, so
// that no gate is computed by a subtraction.
template <class T>
struct Weights {
  V<T> top, first, rest;
};
template <class T>
TILE_INLINE Weights<T> exponentials(T* s, int64_t from, V<T> top) {
  constexpr int N = kLanes<T>;
  V<T> second = top;
  for (int64_t j = 0; j < from; j += 2) {
    top = larger<T>(load(s + j * N), top);
    second = larger<T>(load(s + (j + 1) * N), second);
  }
  for (int64_t j = 0; j < N; ++j) {
    const V<T> x = load(s + (from + j) * N);
    top = from_lane(j, T{}) ? larger<T>(x, top) : top;
  }
  top = larger<T>(second, top);
  V<T> sums[2] = {}, first = {};
  for (int64_t j = 0; j < from; j += 2) {
    const V<T> x = exp_negative(load(s + j * N) - top),
               y = exp_negative(load(s + (j + 1) * N) - top);
    store<T>(s + j * N, x);
    store<T>(s + (j + 1) * N, y);
    sums[0] += x;
    sums[1] += y;
    if (j == 0) {
      first = x;
      sums[0] = V<T>{};
    }
  }
  for (int64_t j = 0; j < N; ++j) {
    T* at = s + (from + j) * N;
    const V<T> x = from_lane(j, T{}) ? exp_negative(load(at) - top) : V<T>{};
    store<T>(at, x);
    if (from + j == 0)
      first = x;
    else
      sums[j & 1] += x;
  }
  return {top, first, sums[0] + sums[1]};
}

template <class T>
SINKMOE_TARGET void forward_head(const AttentionForward<T>& a, int64_t b, int64_t j, T* scratch) {
  constexpr int N = kLanes<T>;
  Scratch<T> room(a.n, scratch);
  T *keys = room.take(room.T_ * room.K), *values = room.take(room.T_ * room.K);
  T *s = room.take(room.T_ * N), *rows = room.take(N * room.K), *columns = room.take(N * room.K);
  copy_rows(a.k, b, j, 0, room.T_, a.n.T, a.n.K, room.K, keys);
  copy_rows(a.v, b, j, 0, room.T_, a.n.T, a.n.K, room.K, values);
  for (int64_t h = j * a.n.group(); h < (j + 1) * a.n.group(); ++h) {
    for (int64_t from = 0; from < a.n.T; from += N) {
      const int64_t count = from + N <= a.n.T ? N : a.n.T - from;
      copy_rows(a.q, b, h, from, N, a.n.T, a.n.K, room.K, rows);
      transpose(rows, room.K, columns);
      scores(columns, keys, from + N, room.K, static_cast<T>(a.scale), s);
      const bool with_sink = a.mode == SinkMode::logit;
      const V<T> start = with_sink ? V<T>{} + a.sink[h] : load(s);
      const Weights<T> w = exponentials(s, from, start);
      const V<T> keys_sum = w.first + w.rest;
      const V<T> all = with_sink ? keys_sum + exp_negative(start - w.top) : keys_sum;
      const V<T> inverse = T{1} / all;
      scatter<T>(a.top, b, h, from, count, w.top);
      scatter<T>(a.inverse, b, h, from, count, inverse);
      if (a.mode != SinkMode::none)
        scatter<T>(a.gate, b, h, from, count, (with_sink ? keys_sum : w.rest) / all);
      outer<T>(s, 1, N, N, from + N, values, room.K, rows, false);
      for (int64_t i = 0; i < count; ++i) {
        T* out = a.out(b, h, from + i);
        for (int64_t c = 0; c < a.n.K; ++c) out[c] = rows[i * room.K + c] / all[i];
      }
    }
  }
}

// s becomes P and dp becomes d(loss)/d(score), both causal.
template <class T>
TILE_INLINE void score_gradients(const AttentionBackward<T>& a, int64_t b, int64_t h, int64_t from,
                                 int64_t count, T* s, T* dp) {
  constexpr int N = kLanes<T>;
  const V<T> top = gather<T>(a.top, b, h, from, count),
             inverse = gather<T>(a.inverse, b, h, from, count);
  V<T> sums[2] = {}, first = {};
  for (int64_t j = 0; j < from + N; ++j) {
    V<T> p = exp_negative(load(s + j * N) - top) * inverse;
    if (j > from) p = from_lane(j - from, T{}) ? p : V<T>{};
    store<T>(s + j * N, p);
    if (j == 0)
      first = p;
    else
      sums[j & 1] += p * load(dp + j * N);
  }
  const V<T> rest = sums[0] + sums[1], on_first = load(dp),
             scale = V<T>{} + static_cast<T>(a.scale);
  const V<T> gate = a.mode == SinkMode::none ? V<T>{} : gather<T>(a.gate, b, h, from, count);
  const V<T> d_gate =
      a.d_gate.data && a.mode != SinkMode::none ? gather<T>(a.d_gate, b, h, from, count) : V<T>{};
  V<T> D = rest + first * on_first;
  if (a.mode == SinkMode::first_key) {
    D = rest + first * (on_first - d_gate);
  } else if (a.mode == SinkMode::logit) {
    const V<T> weight = exp_negative(a.sink[h] - top) * inverse,
               share = weight * (gate * d_gate + D);
    double sum = 0;
    for (int64_t i = 0; i < count; ++i) sum += static_cast<double>(share[i]);
    a.d_sink[b * a.n.H + h] -= sum;
    D -= weight * d_gate;
  }
  for (int64_t j = 0; j < from + N; ++j)
    store<T>(dp + j * N, scale * load(s + j * N) * (load(dp + j * N) - D));
  if (a.mode == SinkMode::first_key)
    store<T>(dp, scale * first * (gate * (on_first - d_gate) - rest));
}

template <class T>
SINKMOE_TARGET void backward_head(const AttentionBackward<T>& a, int64_t b, int64_t j, T* scratch) {
  constexpr int N = kLanes<T>;
  Scratch<T> room(a.n, scratch);
  const int64_t whole = room.T_ * room.K, tile = N * room.K;
  T *keys = room.take(whole), *values = room.take(whole), *dk = room.take(whole),
    *dv = room.take(whole), *s = room.take(room.T_ * N), *dp = room.take(room.T_ * N),
    *q = room.take(tile), *d_out = room.take(tile), *columns = room.take(tile);
  copy_rows(a.k, b, j, 0, room.T_, a.n.T, a.n.K, room.K, keys);
  copy_rows(a.v, b, j, 0, room.T_, a.n.T, a.n.K, room.K, values);
  for (int64_t i = 0; i < whole; ++i) dk[i] = dv[i] = 0;
  for (int64_t h = j * a.n.group(); h < (j + 1) * a.n.group(); ++h) {
    if (a.mode == SinkMode::logit) a.d_sink[b * a.n.H + h] = 0;
    for (int64_t from = 0; from < a.n.T; from += N) {
      const int64_t count = from + N <= a.n.T ? N : a.n.T - from, seen = from + N;
      copy_rows(a.q, b, h, from, N, a.n.T, a.n.K, room.K, q);
      copy_rows(a.d_out, b, h, from, N, a.n.T, a.n.K, room.K, d_out);
      transpose(q, room.K, columns);
      scores(columns, keys, seen, room.K, static_cast<T>(a.scale), s);
      transpose(d_out, room.K, columns);
      scores(columns, values, seen, room.K, T{1}, dp);
      score_gradients(a, b, h, from, count, s, dp);
      outer<T>(s, N, 1, seen, N, d_out, room.K, dv, true);
      outer<T>(dp, N, 1, seen, N, q, room.K, dk, true);
      outer<T>(dp, 1, N, N, seen, keys, room.K, columns, false);
      for (int64_t i = 0; i < count; ++i) {
        T* out = a.dq(b, h, from + i);
        for (int64_t c = 0; c < a.n.K; ++c) out[c] = columns[i * room.K + c];
      }
    }
  }
  for (int64_t t = 0; t < a.n.T; ++t) {
    T *to_k = a.dk(b, j, t), *to_v = a.dv(b, j, t);
    for (int64_t c = 0; c < a.n.K; ++c) {
      to_k[c] = dk[t * room.K + c];
      to_v[c] = dv[t * room.K + c];
    }
  }
}
