// Any bytes as a condition; what is accepted can be evaluated.
#include <cstdint>
#include <string>

#include "config/compose/compose.h"
#include "plan/condition/condition.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto value = [](const std::string& key) {
    return sinkmoe::plan::field_condition_value({}, key);
  };
  try {
    const std::string text(reinterpret_cast<const char*>(data), size);
    sinkmoe::plan::Condition(text, "fuzz", value).holds(value);
  } catch (const sinkmoe::Error&) {
  }
  return 0;
}
