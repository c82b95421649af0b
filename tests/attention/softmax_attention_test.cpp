// softmax_attention against the explicit oracle, against literal values and against itself.
#include "attention/softmax_attention.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "attention/attention_case.h"

namespace sinkmoe::attention {
namespace {

const char* name(SinkMode mode) {
  return mode == SinkMode::none ? "none" : mode == SinkMode::first_key ? "first_key" : "logit";
}

void compare(const Case& c, Loss loss, at::ScalarType dtype, double bound) {
  const Inputs in = make_inputs(c);
  const Result reference = run(explicit_attention, in, c.mode, loss, at::kDouble);
  const Result result = run(softmax_attention, in, c.mode, loss, dtype);
  expect_close(result, reference, bound,
               std::string(name(c.mode)) + " T " + std::to_string(c.T) + " K " +
                   std::to_string(c.K) + " J " + std::to_string(c.J) + " loss " +
                   std::to_string(static_cast<int>(loss)));
}

struct Exact : ::testing::TestWithParam<SinkMode> {};

TEST_P(Exact, AllLengthsWidthsAndLosses) {
  for (const int64_t T : {1, 2, 33})
    for (const int64_t K : {16, 24, 64, 96, 128})
      for (const Loss loss : {Loss::out_only, Loss::gate_only, Loss::both}) {
        // The stock op alone has no gate gradient, and at T = 1 only rounding where zero is due.
        if (GetParam() == SinkMode::none && (loss != Loss::out_only || T == 1)) continue;
        const Case c{.T = T, .K = K, .mode = GetParam()};
        compare(c, loss, at::kDouble, 1e-13);
        compare(c, loss, at::kFloat, 1e-6);
      }
}

TEST_P(Exact, LongRows) {
  const Case c{.B = 1, .H = 2, .J = 2, .T = 513, .K = 64, .mode = GetParam()};
  compare(c, Loss::both, at::kDouble, 1e-13);
  compare(c, Loss::both, at::kFloat, 2e-6);
}

TEST_P(Exact, GroupedQueries) {
  for (const int64_t J : {1, 2}) {
    const Case c{.H = 6, .J = J, .T = 33, .K = 16, .mode = GetParam()};
    compare(c, Loss::both, at::kDouble, 1e-13);
    compare(c, Loss::both, at::kFloat, 1e-6);
  }
}

INSTANTIATE_TEST_SUITE_P(Modes, Exact,
                         ::testing::Values(SinkMode::none, SinkMode::first_key, SinkMode::logit),
                         [](const auto& info) { return name(info.param); });

}  // namespace
}  // namespace sinkmoe::attention
