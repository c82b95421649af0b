// Any bytes as an artifact spec: either a spec or an Error, never anything else.
#include <cstdint>
#include <string_view>

#include "core/error.h"
#include "report/spec/spec.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    sinkmoe::report::parse_spec({reinterpret_cast<const char*>(data), size}, "plots/fuzz.toml");
  } catch (const sinkmoe::Error&) {
  }
  return 0;
}
