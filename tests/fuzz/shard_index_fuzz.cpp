// Any bytes as a model.safetensors.index.json: refused with an Error, or names of files of the same
// folder.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "pretrained/checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const auto shards = sinkmoe::pretrained::parse_index(
        std::string_view(reinterpret_cast<const char*>(data), size), "fuzz");
    if (shards.empty()) std::abort();
    for (const auto& [tensor, file] : shards)
      if (!file.ends_with(".safetensors") || file.find('/') != std::string::npos) std::abort();
  } catch (const sinkmoe::Error&) {
  }
  return 0;
}
