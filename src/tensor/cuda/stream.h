// For the C++ callers of CUDA kernels: the stream of a tensor's device, and how they register their
// backend.
#pragma once

#include <ATen/core/Tensor.h>

#include "tensor/backends.h"

#ifdef SINKMOE_KERNELS_ON_CPU
#include "support/kernels_on_cpu.h"
#else
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#endif

#include <stdexcept>
#include <string>

namespace sinkmoe::cuda {

// Kernels that a test runs on the CPU are used only if the test forces them.
inline tensor::BackendInfo backend(const std::vector<at::ScalarType>& types) {
#ifdef SINKMOE_KERNELS_ON_CPU
  return {.name = "cuda on cpu", .device = at::kCPU, .types = types, .chosen = false};
#else
  return {.name = "cuda", .device = at::kCUDA, .types = types};
#endif
}

class StreamOf {
 public:
#ifdef SINKMOE_KERNELS_ON_CPU
  explicit StreamOf(const at::Tensor&) {}
  cudaStream_t get() const { return nullptr; }
#else
  explicit StreamOf(const at::Tensor& on) : guard_(on.device()) {}
  cudaStream_t get() const { return c10::cuda::getCurrentCUDAStream().stream(); }

 private:
  c10::cuda::CUDAGuard guard_;
#endif
};

// Calls kernel(arguments, stream). Throws std::runtime_error.
template <class Arguments>
void call(cudaError_t (*kernel)(const Arguments&, cudaStream_t), const Arguments& arguments,
          const at::Tensor& on, const char* what) {
  const StreamOf stream(on);
  const cudaError_t status = kernel(arguments, stream.get());
  if (status != cudaSuccess)
    throw std::runtime_error(std::string(what) + ": " + cudaGetErrorString(status));
}

}  // namespace sinkmoe::cuda
