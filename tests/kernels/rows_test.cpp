// The kernels around the attention op on the processor, from their formulas in fp64: key 0 joined to
// the rest, a learned sink, and the corrected inputs of their backward passes.
#include "kernels/rows_test.h"

#include "attention/cuda/row_kernels.cu"

namespace sinkmoe::testing {
namespace {

// Dot products of rows of two [B,tokens,H,K] arrays.
Numbers row_dots(const Numbers& a, const Numbers& b, int64_t K) {
  Numbers out(a.size() / static_cast<size_t>(K), 0);
  for (size_t i = 0; i < a.size(); ++i) out[i / static_cast<size_t>(K)] += a[i] * b[i];
  return out;
}

template <class E>
struct FirstKey {
  Shape n;
  double scale = 0.3;
  int64_t R = n.T - 1;  // rows of the op
  Numbers q = normal<E>(n.heads() * n.K, 1), k = normal<E>(n.B * n.T * n.J * n.K, 2),
          v = normal<E>(n.B * n.T * n.J * n.K, 3), rest = normal<E>(n.B * R * n.H * n.K, 4),
          lse = normal<float>(n.B * n.H * R, 5), d_out = normal<E>(n.heads() * n.K, 6),
          d_gate = normal<float>(n.heads(), 7), op_dq = normal<E>(n.B * R * n.H * n.K, 8),
          op_dk = normal<E>(n.B * R * n.J * n.K, 9), op_dv = normal<E>(n.B * R * n.J * n.K, 10);

  std::vector<Output> run() const {
    const auto [B, H, J, T, K] = n;
    auto q_ = narrow<E>(q), k_ = narrow<E>(k), v_ = narrow<E>(v), rest_ = narrow<E>(rest),
         d_out_ = narrow<E>(d_out), rest_dq = narrow<E>(op_dq), rest_dk = narrow<E>(op_dk),
         rest_dv = narrow<E>(op_dv);
    auto lse_ = narrow<float>(lse), d_gate_ = narrow<float>(d_gate);
    auto out = unwritten<E>(n.heads() * K), dq = out, edit = unwritten<E>(B * R * H * K),
         copy = edit, dk = unwritten<E>(B * T * J * K), dv = dk;
    auto gate = unwritten<float>(n.heads()), first = gate, all = unwritten<float>(B * H * R),
         d_logit = all;
    auto partial = unwritten<float>(B * J * cuda::chunks(n.sizes().T) * 2 * K);
    expect_launched(cuda::merge<E>({.n = n.sizes(),
                                    .scale = static_cast<float>(scale),
                                    .q = with_channels<const E>(q_, H, T, K),
                                    .k = with_channels<const E>(k_, J, T, K),
                                    .v = with_channels<const E>(v_, J, T, K),
                                    .rest_out = with_channels<const E>(rest_, H, R, K),
                                    .rest_lse = statistics<const float>(lse_, H, R),
                                    .out = with_channels<E>(out, H, T, K),
                                    .gate = statistics<float>(gate, H, T),
                                    .first = statistics<float>(first, H, T),
                                    .lse = statistics<float>(all, H, R)},
                                   nullptr));
    expect_launched(cuda::edit_merge<E>({.n = n.sizes(),
                                         .scale = static_cast<float>(scale),
                                         .d_out = with_channels<const E>(d_out_, H, T, K),
                                         .q = with_channels<const E>(q_, H, T, K),
                                         .v = with_channels<const E>(v_, J, T, K),
                                         .rest_out = with_channels<const E>(rest_, H, R, K),
                                         .d_gate = statistics<const float>(d_gate_, H, T),
                                         .gate = statistics<const float>(gate, H, T),
                                         .first = statistics<const float>(first, H, T),
                                         .edit = with_channels<E>(edit, H, R, K),
                                         .d_out_copy = with_channels<E>(copy, H, R, K),
                                         .d_logit = statistics<float>(d_logit, H, R),
                                         .partial = partial.data()},
                                        nullptr));
    expect_launched(cuda::finish_merge<E>({.n = n.sizes(),
                                           .k = with_channels<const E>(k_, J, T, K),
                                           .rest_dq = with_channels<const E>(rest_dq, H, R, K),
                                           .rest_dk = with_channels<const E>(rest_dk, J, R, K),
                                           .rest_dv = with_channels<const E>(rest_dv, J, R, K),
                                           .d_logit = statistics<const float>(d_logit, H, R),
                                           .partial = partial.data(),
                                           .dq = with_channels<E>(dq, H, T, K),
                                           .dk = with_channels<E>(dk, J, T, K),
                                           .dv = with_channels<E>(dv, J, T, K)},
                                          nullptr));
    const double bound = rounding<E>(3e-6);
    return {{"out", wide(out), bound},
            {"gate", wide(gate), 3e-6},
            {"first", wide(first), 3e-6},
            {"lse", wide(all), 3e-6},
            {"D", row_dots(wide(edit), wide(copy), K), kIsBf16<E> ? 1e-2 : 3e-6},
            {"d_logit", wide(d_logit), 5e-6},
            {"dq", wide(dq), bound},
            {"dk", wide(dk), bound},
            {"dv", wide(dv), bound}};
  }

  std::vector<Numbers> reference() const {
    const auto [B, H, J, T, K] = n;
    const auto stats = static_cast<size_t>(n.heads()), rests = static_cast<size_t>(B * H * R);
    Numbers out(q.size()), gate(stats), first(stats), all(rests), D(rests), d_logit(rests),
        dq(q.size(), 0), dk(k.size(), 0), dv(k.size(), 0);
    for (int64_t b = 0; b < B; ++b)
      for (int64_t h = 0; h < H; ++h)
        for (int64_t t = 0; t < T; ++t) {
          const int64_t j = h / (H / J);
          const size_t s = stat(H, T, b, h, t), i = at(H, T, K, b, h, t),
                       key = at(J, T, K, b, j, 0);
          const size_t r = t ? at(H, R, K, b, h, t - 1) : 0, rs = t ? stat(H, R, b, h, t - 1) : 0;
          double s0 = 0, on_first = 0, on_rest = 0;
          for (size_t c = 0; c < static_cast<size_t>(K); ++c) {
            s0 += scale * q[i + c] * k[key + c];
            on_first += d_out[i + c] * v[key + c];
            if (t) on_rest += d_out[i + c] * rest[r + c];
          }
          gate[s] = t ? sigmoid(lse[rs] - s0) : 0;
          first[s] = t ? sigmoid(s0 - lse[rs]) : 1;
          const double logit =
              t ? scale * first[s] * gate[s] * (on_first - on_rest - d_gate[s]) : 0;
          if (t) {
            all[rs] = std::log(std::exp(lse[rs]) + std::exp(s0));
            d_logit[rs] = logit;
            D[r / static_cast<size_t>(K)] = gate[s] * on_rest + first[s] * (on_first - d_gate[s]);
          }
          for (size_t c = 0; c < static_cast<size_t>(K); ++c) {
            out[i + c] = first[s] * v[key + c] + (t ? gate[s] * rest[r + c] : 0);
            dv[key + c] += first[s] * d_out[i + c];
            dk[key + c] += logit * q[i + c];
            if (t) dq[i + c] = op_dq[r + c] + logit * k[key + c];
          }
          if (t && h % (H / J) == 0)
            for (size_t c = 0; c < static_cast<size_t>(K); ++c) {
              dk[at(J, T, K, b, j, t) + c] = op_dk[at(J, R, K, b, j, t - 1) + c];
              dv[at(J, T, K, b, j, t) + c] = op_dv[at(J, R, K, b, j, t - 1) + c];
            }
        }
    return {out, gate, first, all, D, d_logit, dq, dk, dv};
  }
};

template <class E>
struct LearnedSink {
  Shape n;
  Numbers v = normal<E>(n.heads() * n.K, 1), lse = normal<float>(n.heads(), 2),
          sink = normal<float>(n.H, 3), d_out = normal<E>(n.heads() * n.K, 4),
          d_gate = normal<float>(n.heads(), 5);

  std::vector<Output> run() const {
    const auto [B, H, J, T, K] = n;
    auto out = narrow<E>(v), d_out_ = narrow<E>(d_out);
    auto lse_ = narrow<float>(lse), sink_ = narrow<float>(sink), d_gate_ = narrow<float>(d_gate);
    auto gate = unwritten<float>(n.heads()), weight = gate, all = gate;
    auto edit = unwritten<E>(n.heads() * K), copy = edit;
    const int64_t parts = cuda::chunks(static_cast<int32_t>(B * T));
    auto partial = unwritten<float>(H * parts);
    expect_launched(cuda::rescale<E>({.n = n.sizes(),
                                      .sink = sink_.data(),
                                      .lse_keys = statistics<const float>(lse_, H, T),
                                      .out = with_channels<E>(out, H, T, K),
                                      .gate = statistics<float>(gate, H, T),
                                      .weight = statistics<float>(weight, H, T),
                                      .lse = statistics<float>(all, H, T)},
                                     nullptr));
    expect_launched(cuda::edit_sink<E>({.n = n.sizes(),
                                        .d_out = with_channels<const E>(d_out_, H, T, K),
                                        .out = with_channels<const E>(out, H, T, K),
                                        .d_gate = statistics<const float>(d_gate_, H, T),
                                        .gate = statistics<const float>(gate, H, T),
                                        .weight = statistics<const float>(weight, H, T),
                                        .edit = with_channels<E>(edit, H, T, K),
                                        .d_out_copy = with_channels<E>(copy, H, T, K),
                                        .partial = partial.data()},
                                       nullptr));
    Numbers d_sink(static_cast<size_t>(H), 0);
    for (int64_t i = 0; i < H * parts; ++i)
      d_sink[static_cast<size_t>(i / parts)] += partial[static_cast<size_t>(i)];
    const double loose = kIsBf16<E> ? 1e-2 : 5e-6;
    return {{"out", wide(out), rounding<E>()},
            {"gate", wide(gate), 3e-6},
            {"weight", wide(weight), 3e-6},
            {"lse", wide(all), 3e-6},
            {"D", row_dots(wide(edit), wide(copy), K), loose},
            {"d_sink", d_sink, loose}};
  }

  std::vector<Numbers> reference() const {
    const auto [B, H, J, T, K] = n;
    const auto stats = static_cast<size_t>(n.heads());
    Numbers out(v.size()), gate(stats), weight(stats), all(stats), D(stats),
        d_sink(static_cast<size_t>(H), 0);
    for (int64_t b = 0; b < B; ++b)
      for (int64_t h = 0; h < H; ++h)
        for (int64_t t = 0; t < T; ++t) {
          const size_t s = stat(H, T, b, h, t), i = at(H, T, K, b, h, t),
                       head = static_cast<size_t>(h);
          gate[s] = sigmoid(lse[s] - sink[head]);
          weight[s] = sigmoid(sink[head] - lse[s]);
          all[s] = std::log(std::exp(lse[s]) + std::exp(sink[head]));
          double on_out = 0;
          for (size_t c = i; c < i + static_cast<size_t>(K); ++c) {
            out[c] = gate[s] * v[c];
            on_out += d_out[c] * out[c];
          }
          D[i / static_cast<size_t>(K)] = on_out - weight[s] * d_gate[s];
          d_sink[head] -= weight[s] * (gate[s] * d_gate[s] + on_out);
        }
    return {out, gate, weight, all, D, d_sink};
  }
};

// Tokens beyond a chunk; widths that fill their lanes and that do not; grouped heads.
const Shape kShapes[] = {
    {2, 2, 1, 2, 8}, {1, 6, 2, 65, 24}, {2, 3, 3, 33, 64}, {1, 2, 1, 130, 128}, {1, 2, 2, 5, 256}};

template <template <class> class Problem, class E>
void check() {
  for (const Shape& shape : kShapes) {
    const Problem<E> p{shape};
    expect_kernel([&] { return p.run(); }, p.reference(),
                  std::string(type_name<E>()) + " " + shape.text());
  }
}

TEST(FirstKeyKernels, AreExactAndWaitForEveryWarp) {
  check<FirstKey, float>();
  check<FirstKey, Bf16>();
}

TEST(SinkKernels, AreExactAndWaitForEveryWarp) {
  check<LearnedSink, float>();
  check<LearnedSink, Bf16>();
}

}  // namespace
}  // namespace sinkmoe::testing
