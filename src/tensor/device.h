// CUDA as a choice made at run time: the program itself needs neither a driver nor LibTorch's
// CUDA half to start.
#pragma once

#include <string>

namespace sinkmoe::tensor {

// Loads LibTorch's CUDA half and asks for a device. On false, `why` (if given) says what is missing
// and what to do. Call it before the first tensor is made: LibTorch looks for its CUDA half once.
bool cuda_ready(std::string* why = nullptr);

// Makes this process ready for runs on a GPU: no TF32; `exact`: repeatable kernels only, also in
// cuBLAS. Call it before the first tensor is made. Throws Error where CUDA cannot be used.
void prepare_cuda(bool exact);

}  // namespace sinkmoe::tensor
