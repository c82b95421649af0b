// The CUDA kernels of the SDPA fix-ups, run on the processor thread by thread
// (support/kernels_on_cpu.h), and the ATen backend make the same parts. (conformance_test.cpp, which
// compiles the kernels, looks at whole gradients.)
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "attention/fixups_outcome.h"

namespace sinkmoe::attention {
namespace {

const SdpaFixups::Kernels& kernels() { return tensor::kernels_of<SdpaFixups>("cuda on cpu"); }
const SdpaFixups::Kernels& plain() { return tensor::plain_kernels<SdpaFixups>(); }

Inputs as(const Inputs& in, at::ScalarType type) {
  Inputs out = in;
  for (at::Tensor* x : {&out.q, &out.k, &out.v, &out.d_out}) *x = x->to(type);
  out.d_gate = in.d_gate.to(at::kFloat);
  out.sink = in.sink.to(at::kFloat);
  return out;
}

void compare(const Inputs& in, double bound, double statistics_bound) {
  expect_equal(first_key_fixups(kernels(), in), first_key_fixups(plain(), in), bound,
               statistics_bound);
  expect_equal(sink_fixups(kernels(), in), sink_fixups(plain(), in), bound, statistics_bound);
}

// Tokens below, at and beyond a chunk; head widths that fill their lanes and that
// do not; grouped heads.
const std::vector<Case> kCases = {
    {.B = 2, .H = 2, .J = 1, .T = 1, .K = 8},    {.B = 2, .H = 4, .J = 2, .T = 2, .K = 24},
    {.B = 1, .H = 6, .J = 6, .T = 33, .K = 64},  {.B = 1, .H = 6, .J = 2, .T = 64, .K = 96},
    {.B = 2, .H = 3, .J = 1, .T = 65, .K = 128}, {.B = 1, .H = 2, .J = 2, .T = 130, .K = 24},
    {.B = 1, .H = 2, .J = 1, .T = 40, .K = 256}};

Inputs inputs(Case c) {
  c.mode =
      SinkMode::logit;  // brings sink logits, which the fix-ups of the first key do not look at
  return make_inputs(c);
}

std::string named(const Case& c) {
  return "T " + std::to_string(c.T) + " K " + std::to_string(c.K) + " J " + std::to_string(c.J);
}

TEST(FixupKernels, SinglePrecisionIsThePlainVersion) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(named(c));
    compare(as(inputs(c), at::kFloat), 2e-6, 2e-6);
  }
}

TEST(FixupKernels, Bfloat16IsThePlainVersion) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(named(c));
    compare(as(inputs(c), at::kBFloat16), 4e-3, 2e-6);
  }
}

TEST(FixupKernels, SaturatedGatesKeepTheirDigits) {
  for (const double strength : {-40.0, 20.0}) {
    SCOPED_TRACE(strength);
    const Case c{.H = 4, .J = 2, .T = 20, .K = 24, .sink = strength, .first_key = strength};
    compare(as(inputs(c), at::kFloat), 5e-6, 5e-6);
  }
}

// Rows without an output gradient get stand-ins; gradients of any size keep their D.
TEST(FixupKernels, RowsOfZerosAndOfExtremeSize) {
  for (const double size : {1e-22, 1.0, 1e15})
    for (const at::ScalarType type : {at::kFloat, at::kBFloat16}) {
      SCOPED_TRACE(size);
      Inputs in = inputs({.H = 4, .J = 2, .T = 40, .K = 24});
      in.d_out.mul_(size);
      in.d_gate.mul_(size);
      for (const int64_t row : {0, 35}) {
        in.d_out.select(2, row).zero_();
        in.d_gate.select(2, row).div_(size);  // 1e15 over 2^-100 leaves the range of fp32
      }
      compare(as(in, type), type == at::kFloat ? 2e-6 : 4e-3, 2e-6);
    }
}

TEST(FixupKernels, ANotANumberStaysVisible) {
  Inputs in = as(inputs({.H = 4, .J = 2, .T = 33, .K = 24}), at::kFloat);
  in.d_out.select(2, 5).select(1, 1).select(-1, 3).fill_(NAN);
  const Outcome o = first_key_fixups(kernels(), in);
  for (const auto& [name, value] : o.parts)
    if (std::string(name) == "D") {
      EXPECT_TRUE(value.isnan().any().item<bool>());
    }
}

// What the kernels cannot read goes to the plain version and is right all the same.
TEST(FixupKernels, OddHeadWidthsTakeThePlainVersion) {
  compare(as(inputs({.H = 4, .J = 2, .T = 9, .K = 20}), at::kFloat), 2e-6, 2e-6);
}

}  // namespace
}  // namespace sinkmoe::attention
