// The kernels of explicit gates on the processor, from their formulas in fp64.
#include "attention/cuda/gate.cu"

#include "kernels/rows_test.h"

namespace sinkmoe::testing {
namespace {

template <class E>
struct Problem {
  Shape n;
  bool per_channel;
  Numbers x = normal<E>(n.heads() * n.K, 1),
          logit = normal<E>(n.heads() * (per_channel ? n.K : 1), 2, 3),
          d_out = normal<E>(n.heads() * n.K, 3), d_gate = normal<float>(n.heads(), 4);

  template <class T>
  cuda::Rows<T> logits(std::vector<E>& array) const {
    return with_channels<T>(array, n.H, n.T, per_channel ? n.K : 1);
  }

  std::vector<Output> run() const {
    auto x_ = narrow<E>(x), logit_ = narrow<E>(logit), d_out_ = narrow<E>(d_out);
    auto d_gate_ = narrow<float>(d_gate);
    auto out = unwritten<E>(n.heads() * n.K), d_in = out,
         d_logit = unwritten<E>(static_cast<int64_t>(logit.size()));
    auto gate = unwritten<float>(n.heads());
    expect_launched(cuda::gate<E>({.n = n.sizes(),
                                   .per_channel = per_channel,
                                   .in = with_channels<const E>(x_, n.H, n.T, n.K),
                                   .logit = logits<const E>(logit_),
                                   .out = with_channels<E>(out, n.H, n.T, n.K),
                                   .gate = statistics<float>(gate, n.H, n.T)},
                                  nullptr));
    expect_launched(cuda::gate_backward<E>({.n = n.sizes(),
                                            .per_channel = per_channel,
                                            .d_out = with_channels<const E>(d_out_, n.H, n.T, n.K),
                                            .in = with_channels<const E>(x_, n.H, n.T, n.K),
                                            .logit = logits<const E>(logit_),
                                            .d_gate = statistics<const float>(d_gate_, n.H, n.T),
                                            .d_in = with_channels<E>(d_in, n.H, n.T, n.K),
                                            .d_logit = logits<E>(d_logit)},
                                           nullptr));
    return {{"out", wide(out), rounding<E>()},
            {"gate", wide(gate), 1e-6},
            {"d_in", wide(d_in), rounding<E>()},
            {"d_logit", wide(d_logit), rounding<E>(3e-6)}};
  }

  std::vector<Numbers> reference() const {
    Numbers out(x.size()), gate(d_gate.size(), 0), d_in(x.size()), d_logit(logit.size(), 0);
    for (int64_t b = 0; b < n.B; ++b)
      for (int64_t h = 0; h < n.H; ++h)
        for (int64_t t = 0; t < n.T; ++t)
          for (int64_t c = 0; c < n.K; ++c) {
            const size_t i = at(n.H, n.T, n.K, b, h, t, c), s = stat(n.H, n.T, b, h, t),
                         l = per_channel ? i : i / static_cast<size_t>(n.K);
            const double g = sigmoid(logit[l]), slope = g * sigmoid(-logit[l]),
                         share = 1 / static_cast<double>(n.K);
            out[i] = g * x[i];
            gate[s] += g * share;
            d_in[i] = g * d_out[i];
            d_logit[l] += slope * (d_out[i] * x[i] + share * d_gate[s]);
          }
    return {out, gate, d_in, d_logit};
  }
};

TEST(GateKernels, AreExact) {
  for (const Shape& n :
       {Shape{2, 3, 3, 5, 8}, {1, 6, 6, 33, 24}, {2, 2, 2, 17, 64}, {1, 1, 1, 3, 256}})
    for (const bool per_channel : {false, true}) {
      const Problem<float> single{n, per_channel};
      const Problem<Bf16> half{n, per_channel};
      const std::string what = n.text() + (per_channel ? " per channel" : " per head");
      expect_kernel([&] { return single.run(); }, single.reference(), "fp32 " + what, 3);
      expect_kernel([&] { return half.run(); }, half.reference(), "bf16 " + what, 3);
    }
}

}  // namespace
}  // namespace sinkmoe::testing
