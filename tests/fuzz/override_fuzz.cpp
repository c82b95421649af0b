// Any bytes as a command-line argument, and as a list of sweep values.
#include <cstdint>
#include <string>

#include "config/compose/override.h"
#include "config/sweep/sweep_values.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  try {
    sinkmoe::config::compose(sinkmoe::config::parse_override(text).settings);
  } catch (const sinkmoe::Error&) {
  }
  try {
    sinkmoe::config::expand_call(text, "fuzz");
  } catch (const sinkmoe::Error&) {
  }
  return 0;
}
