#include "tensor/device.h"

#include <ATen/ATen.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>

#include <cstdlib>
#include <filesystem>

#include "core/error.h"

namespace sinkmoe::tensor {
namespace {

// Empty if CUDA can be used.
std::string what_is_missing() {
  // Checked first, because loading the library takes seconds and a lot of memory.
  if (!std::filesystem::exists("/dev/nvidiactl") && !std::filesystem::exists("/dev/dxg"))
    return "no NVIDIA driver on this machine; use run.device=cpu";
  if (!dlopen("libtorch_cuda.so", RTLD_NOW | RTLD_GLOBAL)) {
    const char* error = dlerror();
    return std::string("LibTorch's CUDA half cannot be loaded (") +
           (error ? error : "unknown cause") + "); run scripts/setup.sh --cuda";
  }
  if (!at::globalContext().hasCUDA() || at::detail::getCUDAHooks().deviceCount() == 0)
    return "LibTorch sees no CUDA device; check nvidia-smi and CUDA_VISIBLE_DEVICES";
  return "";
}

}  // namespace

bool cuda_ready(std::string* why) {
  static const std::string missing = what_is_missing();
  if (why) *why = missing;
  return missing.empty();
}

void prepare_cuda(bool exact) {
  // cuBLAS reads this at its start. Without it, results may differ from run to run.
  if (exact) ::setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
  std::string why;
  if (!cuda_ready(&why)) throw Error("run.device is 'cuda': " + why, "");
  at::Context& context = at::globalContext();
  context.setAllowTF32CuBLAS(false);
  context.setAllowTF32CuDNN(false);
  // Sums of parts of a bf16 product are then fp32 too.
  if (exact) context.setAllowBF16ReductionCuBLAS(false);
  context.setDeterministicAlgorithms(exact, false);
  // Every tensor is written before it is read, so filling new ones would only cost time.
  context.setDeterministicFillUninitializedMemory(false);
}

}  // namespace sinkmoe::tensor
