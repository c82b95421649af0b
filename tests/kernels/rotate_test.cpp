// The rotation kernel on the processor: heads that fill their lanes and that do not, and the plain
// path for widths that vectors cannot read.
#include "model/cuda/rotate.cu"
#include "kernels/kernel_test.h"

namespace sinkmoe::testing {
namespace {

template <class E>
struct Problem {
  int64_t B, T, heads, K, stride;
  double sign;
  Numbers x = normal<E>(B * T * stride, 1);
  Numbers angle = normal<float>(T * K / 2, 2, 3);

  template <class F>
  Numbers of_angle(F f) const {
    Numbers out;
    for (const double a : angle) out.push_back(f(a));
    return wide(narrow<float>(out));
  }
  Numbers cosine() const {
    return of_angle([](double a) { return std::cos(a); });
  }
  Numbers sine() const {
    return of_angle([](double a) { return std::sin(a); });
  }

  std::vector<Output> run() const {
    std::vector<E> y = narrow<E>(x);
    const std::vector<float> c = narrow<float>(cosine()), s = narrow<float>(sine());
    expect_launched(cuda::rotate<E>({.rows = B * T,
                                     .T = T,
                                     .heads = heads,
                                     .K = K,
                                     .stride = stride,
                                     .cosine = c.data(),
                                     .sine = s.data(),
                                     .sign = static_cast<float>(sign),
                                     .x = y.data()},
                                    nullptr));
    return {{"x", wide(y), rounding<E>(1e-6)}};
  }

  std::vector<Numbers> reference() const {
    Numbers y = x;
    const Numbers c = cosine(), s = sine();
    for (int64_t row = 0; row < B * T; ++row)
      for (int64_t h = 0; h < heads; ++h)
        for (int64_t i = 0; i < K / 2; ++i) {
          const auto low = static_cast<size_t>(row * stride + h * K + i),
                     high = low + static_cast<size_t>(K / 2),
                     at = static_cast<size_t>(row % T * (K / 2) + i);
          y[low] = x[low] * c[at] - sign * x[high] * s[at];
          y[high] = x[high] * c[at] + sign * x[low] * s[at];
        }
    return {y};
  }
};

template <class E>
void check(const Problem<E>& p, uint64_t delays = 20) {
  expect_kernel(
      [&] { return p.run(); }, p.reference(),
      std::string(type_name<E>()) + " K " + std::to_string(p.K) + " B " + std::to_string(p.B),
      delays);
}

TEST(RotateKernel, IsExact) {
  for (const int64_t K : {2, 6, 12, 16, 24, 64, 96, 128}) {
    check<float>({2, 33, 3, K, 4 * K, 1});
    check<Bf16>({2, 33, 3, K, 4 * K, -1});
  }
}

// Rows that begin at an address which a vector load cannot take.
TEST(RotateKernel, TakesUnalignedRows) {
  check<float>({2, 9, 3, 16, 50, 1});
  check<Bf16>({2, 9, 3, 16, 52, -1});
}

// More batch rows than a grid has in its second dimension.
TEST(RotateKernel, TakesAnyBatch) { check<Bf16>({70000, 1, 1, 2, 2, 1}, 1); }

}  // namespace
}  // namespace sinkmoe::testing
