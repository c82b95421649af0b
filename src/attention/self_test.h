// A start-up check that the private ops still do with edited arguments what the formulas need
// (docs/attention.md).
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

namespace sinkmoe {

struct SelfTest {
  std::string op;    // the stock op that served: "cpu", "flash", "cudnn", "efficient"
  double error = 0;  // worst relative error of out, gate and every gradient against the explicit
                     // form, both gated modes
  double bound = 0;  // what is acceptable for the type
  bool passed() const { return error <= bound; }
};

// Small inputs (a fraction of a second). `type` fp32, fp64 or bf16; on CUDA uses the op that is
// active now.
SelfTest self_test_attention(at::Device device, at::ScalarType type);

}  // namespace sinkmoe
