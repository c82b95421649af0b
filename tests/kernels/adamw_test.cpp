// The AdamW kernel on the processor: one step from its definition in fp64.
#include "train/cuda/adamw.cu"
#include "kernels/kernel_test.h"

namespace sinkmoe::testing {
namespace {

TEST(AdamWKernel, IsExact) {
  constexpr double kRate = 0.01, kBias1 = 0.1, kBias2 = 0.05, kClip = 2, kNorm = 5, kDecay = 0.1;
  for (const int64_t n : {4, 1028, 300000}) {
    const int64_t decayed = n / 8 * 4;
    const Numbers g = normal<float>(n, 1), p = normal<float>(n, 2), m = normal<float>(n, 3),
                  start = normal<float>(n, 4);
    Numbers v;
    for (const double x : start) v.push_back(x * x);
    v = wide(narrow<float>(v));
    const auto run = [&] {
      auto g_ = narrow<float>(g), p_ = narrow<float>(p), m_ = narrow<float>(m),
           v_ = narrow<float>(v);
      auto bf16 = unwritten<Bf16>(n);
      const std::vector<double> inputs{kRate, kBias1, kBias2}, results{1, 0, kNorm};
      expect_launched(cuda::adamw({.n = n,
                                   .decayed = decayed,
                                   .grad = g_.data(),
                                   .param = p_.data(),
                                   .m = m_.data(),
                                   .v = v_.data(),
                                   .bf16 = &bf16[0].bits,
                                   .inputs = inputs.data(),
                                   .results = results.data(),
                                   .beta1 = 0.9f,
                                   .beta2 = 0.95f,
                                   .eps = 1e-8f,
                                   .decay = static_cast<float>(kDecay),
                                   .clip = kClip},
                                  nullptr));
      return std::vector<Output>{{"param", wide(p_), 1e-6},
                                 {"m", wide(m_), 1e-6},
                                 {"v", wide(v_), 1e-6},
                                 {"bf16", wide(bf16), 4e-3}};
    };
    Numbers p1(p.size()), m1(p.size()), v1(p.size());
    for (size_t i = 0; i < p.size(); ++i) {
      const double d = g[i] * kClip / kNorm;
      m1[i] = 0.9 * m[i] + 0.1 * d;
      v1[i] = 0.95 * v[i] + 0.05 * d * d;
      const double keep = static_cast<int64_t>(i) < decayed ? 1 - kRate * kDecay : 1;
      p1[i] = p[i] * keep - kRate * (m1[i] / kBias1) / (std::sqrt(v1[i] / kBias2) + 1e-8);
    }
    expect_kernel(run, {p1, m1, v1, p1}, "n " + std::to_string(n), 2);
  }
}

TEST(GradientNormKernel, IsTheRootOfTheSumOfSquares) {
  for (const int64_t n : {4, 1028, 1100000}) {
    const Numbers g = normal<float>(n, 5);
    const auto narrow_g = narrow<float>(g);
    long double squares = 0;
    for (const double x : g) squares += static_cast<long double>(x) * x;
    const auto run = [&] {
      std::vector<double> partial(static_cast<size_t>(cuda::norm_parts(n)), NAN), norm{NAN};
      expect_launched(cuda::gradient_norm(
          {.n = n, .grad = narrow_g.data(), .partial = partial.data(), .norm = norm.data()},
          nullptr));
      return std::vector<Output>{{"norm", norm, 1e-14}};
    };
    expect_kernel(run, {{static_cast<double>(std::sqrt(squares))}}, "n " + std::to_string(n), 2);
  }
}

}  // namespace
}  // namespace sinkmoe::testing
