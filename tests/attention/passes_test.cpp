// The fused loops and the plain ATen version of the passes are one and the same function.
#include "attention/passes.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "attention/passes_outcome.h"

namespace sinkmoe::testing {
namespace {

TEST(Passes, FusedAndPlainAgree) {
  for (const int64_t T : {1, 2, 70}) {
    Inputs in = make_inputs({.H = 4, .J = 2, .T = T, .K = 24, .mode = SinkMode::logit});
    in.d_out.select(2, T / 2).zero_();
    expect_equal(vanilla_passes(passes::cpu(at::kDouble), in), vanilla_passes(passes::plain(), in));
    expect_equal(sink_passes(passes::cpu(at::kDouble), in), sink_passes(passes::plain(), in));
  }
}

// The plain version serves bf16; the stock CPU op accumulates gradients in bf16, so the bound is
// wide.
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
