#include "attention/device.h"

#include <ATen/ATen.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <dlfcn.h>

#include <filesystem>

namespace sinkmoe {
namespace {

// Empty when CUDA can be used.
std::string what_is_missing() {
  // Looked for first, because loading the library takes seconds and a lot of memory.
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

}  // namespace sinkmoe
