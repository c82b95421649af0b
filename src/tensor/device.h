// Loads CUDA at run time, so that the program starts without a driver and without LibTorch's CUDA
// half.
#pragma once

#include <string>

namespace sinkmoe::tensor {

// Loads LibTorch's CUDA half and looks for a device. On false, `why` (if given) says what is
// missing and what to do. Call it before the first tensor exists: LibTorch looks for its CUDA half
// only once.
bool cuda_ready(std::string* why = nullptr);

// Prepares this process for runs on a GPU: no TF32; with `exact`, repeatable kernels only, also in
// cuBLAS. Call it before the first tensor exists. Throws Error if CUDA cannot be used.
void prepare_cuda(bool exact);

}  // namespace sinkmoe::tensor
