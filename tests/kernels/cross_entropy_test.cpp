// The cross-entropy kernel on the processor: vocabularies that fill the pieces of a block and that do
// not, and rows with room behind them.
#include "model/cuda/cross_entropy.cu"
#include "kernels/kernel_test.h"

namespace sinkmoe::testing {
namespace {

template <class E>
struct Problem {
  int64_t rows, V, stride;
  double size = 2, scale = 0.25;
  Numbers logits = with_room();

  Numbers with_room() const {
    Numbers z = normal<E>(rows * stride, 1, size);
    for (int64_t i = 0; i < rows * stride; ++i)
      if (i % stride >= V) z[static_cast<size_t>(i)] = 0;
    return z;
  }
  int64_t target(int64_t row) const { return (row * 7919 + V - 1) % V; }  // the last one first

  std::vector<Output> run() const {
    std::vector<E> z = narrow<E>(logits);
    std::vector<float> loss = unwritten<float>(rows);
    std::vector<int64_t> targets;
    for (int64_t row = 0; row < rows; ++row) targets.push_back(target(row));
    expect_launched(cuda::cross_entropy<E>({.rows = rows,
                                            .V = V,
                                            .stride = stride,
                                            .scale = static_cast<float>(scale),
                                            .logits = z.data(),
                                            .target = targets.data(),
                                            .loss = loss.data()},
                                           nullptr));
    return {{"gradient", wide(z), rounding<E>(4e-6)}, {"loss", wide(loss), 2e-6}};
  }

  std::vector<Numbers> reference() const {
    Numbers gradient(logits.size(), 0), loss;
    for (int64_t row = 0; row < rows; ++row) {
      const double* z = &logits[static_cast<size_t>(row * stride)];
      double sum = 0;
      for (int64_t c = 0; c < V; ++c) sum += std::exp(z[c]);
      for (int64_t c = 0; c < V; ++c)
        gradient[static_cast<size_t>(row * stride + c)] =
            scale * (std::exp(z[c]) / sum - (c == target(row)));
      loss.push_back(std::log(sum) - z[target(row)]);
    }
    return {gradient, loss};
  }
};

template <class E>
void check(const Problem<E>& p, uint64_t delays = 20) {
  expect_kernel([&] { return p.run(); }, p.reference(),
                std::string(type_name<E>()) + " V " + std::to_string(p.V) + " stride " +
                    std::to_string(p.stride),
                delays);
}

TEST(CrossEntropyKernel, IsExactAndWaitsForEveryWarp) {
  for (const auto& [V, stride] : {std::pair<int64_t, int64_t>{7, 7},
                                  {7, 8},
                                  {50, 64},
                                  {64, 64},
                                  {2049, 2049},
                                  {2049, 2112},
                                  {8192, 8192}}) {
    check<float>({3, V, stride});
    check<Bf16>({3, V, stride});
  }
}

TEST(CrossEntropyKernel, TakesThePaddedVocabularyOfGpt2) {
  check<float>({2, 50257, 50304}, 2);
  check<Bf16>({2, 50257, 50304}, 2);
}

}  // namespace
}  // namespace sinkmoe::testing
