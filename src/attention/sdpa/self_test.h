// Checks at start-up that the private ops, with edited arguments, behave as the formulas need
// (docs/attention.md).
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>
#include <vector>

namespace sinkmoe::attention {

struct SelfTest {
  std::string op;    // the op that was used: "cpu", "flash", "cudnn", "efficient"
  double error = 0;  // worst relative error of out, gate and every gradient against the explicit
                     // form, both gated modes
  double bound = 0;  // what is acceptable for the type
  bool passed() const { return error <= bound; }
};

// H query heads of K channels on J key/value heads, T tokens, B rows.
struct TestShape {
  int64_t H = 4, J = 2, T = 65, K = 64, B = 2;
};

// `type` fp32, fp64 or bf16; on CUDA, tests the op that is active now. The explicit form takes
// memory for 10 B H T^2 doubles on the device.
SelfTest self_test_attention(at::Device device, at::ScalarType type, const TestShape& shape = {});

// The op that a run on a GPU may use, as text for its event.
struct Admission {
  bool cudnn = false;
  std::string text;
};

// fast: cuDNN if test(true) passes, otherwise like exact. exact: FlashAttention-2 (the
// memory-efficient op for fp32) if test(false) passes. A test that throws has failed. Throws Error
// if no test passes.
Admission admit(bool fast, const std::function<SelfTest(bool cudnn)>& test);

// Runs admit() with the self-test on this device, and switches cuDNN on or off accordingly. An op
// must pass at a small shape and at the shape of the run, because cuDNN chooses its code by shape.
Admission admit_attention(at::Device device, at::ScalarType type, const TestShape& of_run,
                          bool fast);

}  // namespace sinkmoe::attention
