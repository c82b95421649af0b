// Any bytes as an adapter_config.json: refused with an Error, or a rank above 0 and a finite scale.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "pretrained/adapters.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    const auto config = sinkmoe::pretrained::parse_adapter_config(
        {reinterpret_cast<const char*>(data), size}, "fuzz");
    if (config.rank < 1 || !std::isfinite(config.scale())) std::abort();
  } catch (const sinkmoe::Error&) {
  }
  return 0;
}
