// The types of CUDA kernels' arguments. Includes no LibTorch.
#pragma once

#ifdef SINKMOE_KERNELS_ON_CPU
#include "support/kernels_on_cpu.h"
#else
#include <cuda_runtime_api.h>
#endif

#include <cstdint>

namespace sinkmoe::cuda {

struct Bf16 {
  uint16_t bits;
};

}  // namespace sinkmoe::cuda
