// For the tests that need a GPU. Included by one file of a test program.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tensor/device.h"

namespace sinkmoe::testing {

// LibTorch must meet its CUDA half before the first test uses a tensor.
class LoadCuda : public ::testing::Environment {
 public:
  explicit LoadCuda(bool exact) : exact_(exact) {}
  void SetUp() override {
    if (tensor::cuda_ready()) tensor::prepare_cuda(exact_);
  }

 private:
  bool exact_;
};

}  // namespace sinkmoe::testing

#define SKIP_WITHOUT_GPU() \
  if (std::string why; !::sinkmoe::tensor::cuda_ready(&why)) GTEST_SKIP() << why
