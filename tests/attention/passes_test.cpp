// The passes before and after the stock ops, in plain ATen ops, against the explicit form.
#include "attention/sdpa/sdpa_fixups.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "attention/attention_case.h"
#include "attention/sdpa/sdpa_attention.h"

namespace sinkmoe::testing {
namespace {

// The path of a GPU run, here with the stock CPU op and the plain passes.
TEST(Passes, StockRouteHasExactGradients) {
  for (const SinkMode mode : {SinkMode::first_key, SinkMode::logit})
    for (const int64_t T : {1, 2, 70})
      for (const Loss loss : {Loss::out_only, Loss::gate_only, Loss::both}) {
        Inputs in = make_inputs({.H = 4, .J = 2, .T = T, .K = 24, .mode = mode});
        in.d_out.select(2, T / 2).zero_();
        const Result reference = run(explicit_attention, in, mode, loss, at::kDouble);
        expect_close(run(stock_attention, in, mode, loss, at::kDouble), reference, 1e-13, "fp64");
        expect_close(run(stock_attention, in, mode, loss, at::kFloat), reference, 1e-6, "fp32");
      }
}

// The plain version is used for bf16. The stock CPU op accumulates gradients in bf16, so the bound
// is wide.
TEST(Passes, PlainVersionServesBfloat16) {
  for (const SinkMode mode : {SinkMode::first_key, SinkMode::logit}) {
    const Inputs in = make_inputs({.T = 33, .K = 32, .mode = mode});
    const Result reference = run(explicit_attention, in, mode, Loss::both, at::kDouble);
    expect_close(run(softmax_attention, in, mode, Loss::both, at::kBFloat16), reference, 2e-2,
                 "bf16");
  }
}

}  // namespace
}  // namespace sinkmoe::testing
