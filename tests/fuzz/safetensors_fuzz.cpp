// Any bytes as a safetensors file: refused with an Error, or tensors that lie inside the file
// and match their shapes.
#include <cstdint>
#include <cstdlib>

#include "core/error.h"
#include "weights/safetensors.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const sinkmoe::weights::Safetensors file(std::string(reinterpret_cast<const char*>(data), size),
                                             "fuzz");
    size_t bytes = 0;
    for (const sinkmoe::weights::TensorView& tensor : file.tensors()) {
      size_t expected = static_cast<size_t>(sinkmoe::weights::element_bytes(tensor.dtype));
      for (int64_t dimension : tensor.shape) expected *= static_cast<size_t>(dimension);
      if (expected != tensor.data.size() || &file.at(tensor.name) != &tensor) std::abort();
      for (std::byte b : tensor.data) bytes += static_cast<size_t>(b != std::byte{0});
    }
    if (bytes > size) std::abort();
  } catch (const sinkmoe::Error&) {
  }
  return 0;
}
