// The parts of CUDA C++ that kernel files use. Tests compile the same files with
// SINKMOE_KERNELS_ON_CPU: a stand-in then runs every block and thread of a kernel on the CPU, so
// that the code of the kernels is tested without a GPU.
#pragma once

#ifdef SINKMOE_KERNELS_ON_CPU
#include "support/kernels_on_cpu.h"
#else
#include <cuda_bf16.h>
#include <cuda_runtime.h>

// How often the loop below is unrolled.
#define UNROLL_TEXT(text) _Pragma(#text)
#define UNROLL(times) UNROLL_TEXT(unroll times)

namespace sinkmoe::cuda {

// kernel<<<grid, threads>>>(arguments...) on a stream, as a plain call.
template <class... Parameters, class... Arguments>
cudaError_t launch(void (*kernel)(Parameters...), dim3 grid, unsigned threads, cudaStream_t stream,
                   Arguments... arguments) {
  kernel<<<grid, threads, 0, stream>>>(arguments...);
  return cudaGetLastError();
}

}  // namespace sinkmoe::cuda
#endif
