// RMSNorm's kernels on the processor: rows of the widths that models have.
#include "model/cuda/norm.cu"
#include "kernels/kernel_test.h"

namespace sinkmoe::testing {
namespace {

constexpr double kEps = 1e-5;

template <class E>
struct Problem {
  int64_t rows, C;
  bool with_residual;
  Numbers x = normal<E>(rows * C, 1), dy = normal<E>(rows * C, 2),
          residual = normal<E>(rows * C, 3), w = normal<float>(C, 4, 0.3, 1);

  std::vector<Output> run() const {
    const std::vector<E> x_ = narrow<E>(x), dy_ = narrow<E>(dy), residual_ = narrow<E>(residual);
    const std::vector<float> w_ = narrow<float>(w);
    std::vector<E> y = unwritten<E>(rows * C), dx = unwritten<E>(rows * C);
    const int64_t blocks = cuda::norm_blocks(rows, C);
    std::vector<float> inverse = unwritten<float>(rows), dw = unwritten<float>(blocks * C);
    expect_launched(cuda::norm<E>({.rows = rows,
                                   .C = C,
                                   .eps = static_cast<float>(kEps),
                                   .x = x_.data(),
                                   .w = w_.data(),
                                   .y = y.data(),
                                   .inverse = inverse.data()},
                                  nullptr));
    expect_launched(cuda::norm_backward<E>({.rows = rows,
                                            .C = C,
                                            .dy = dy_.data(),
                                            .x = x_.data(),
                                            .residual = with_residual ? residual_.data() : nullptr,
                                            .w = w_.data(),
                                            .inverse = inverse.data(),
                                            .dx = dx.data(),
                                            .dw = dw.data()},
                                           nullptr));
    Numbers sum(static_cast<size_t>(C), 0);
    for (int64_t i = 0; i < blocks * C; ++i)
      sum[static_cast<size_t>(i % C)] += dw[static_cast<size_t>(i)];
    return {{"y", wide(y), rounding<E>()},
            {"1 / rms", wide(inverse), 1e-6},
            {"dx", wide(dx), rounding<E>()},
            {"dw", sum, 2e-6}};
  }

  std::vector<Numbers> reference() const {
    Numbers y(x.size()), inverse, dx(x.size()), dw(w.size(), 0);
    for (int64_t row = 0; row < rows; ++row) {
      const auto at = static_cast<size_t>(row * C), width = static_cast<size_t>(C);
      double squares = 0, on_x = 0;
      for (size_t c = 0; c < width; ++c) squares += x[at + c] * x[at + c];
      inverse.push_back(1 / std::sqrt(squares / static_cast<double>(C) + kEps));
      for (size_t c = 0; c < width; ++c) on_x += dy[at + c] * w[c] * x[at + c] * inverse.back();
      for (size_t c = 0; c < width; ++c) {
        const double unit = x[at + c] * inverse.back();
        y[at + c] = unit * w[c];
        dw[c] += dy[at + c] * unit;
        dx[at + c] = inverse.back() * (dy[at + c] * w[c] - unit * on_x / static_cast<double>(C)) +
                     (with_residual ? residual[at + c] : 0);
      }
    }
    return {y, inverse, dx, dw};
  }
};

template <class E>
void check(int64_t rows, int64_t C, bool with_residual) {
  const Problem<E> p{rows, C, with_residual};
  expect_kernel(
      [&] { return p.run(); }, p.reference(),
      std::string(type_name<E>()) + " C " + std::to_string(C) + " rows " + std::to_string(rows));
}

TEST(NormKernel, IsExactAndWaitsForEveryWarp) {
  for (const int64_t C : {8, 24, 64, 384, 768, 1024, 2048}) {
    check<float>(33, C, true);
    check<Bf16>(33, C, C % 64 == 0);
  }
  check<float>(1, 1000, false);
}

}  // namespace
}  // namespace sinkmoe::testing
