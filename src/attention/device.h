// CUDA as a choice made at run time: the program itself needs neither a driver nor LibTorch's CUDA
// half to start.
#pragma once

#include <string>

namespace sinkmoe {

// Loads LibTorch's CUDA half and asks for a device. On false, `why` (if given) says what is missing
// and what to do. Call it before the first tensor is made: LibTorch looks for its CUDA half once.
bool cuda_ready(std::string* why = nullptr);

}  // namespace sinkmoe
