// Small handwritten safetensors files, and the messages of the reader about them.
#pragma once

#include <string>
#include <string_view>

#include "core/error.h"
#include "weights/safetensors.h"

namespace sinkmoe::weights {

// A file with this header text and these data bytes.
inline std::string file_of(std::string_view json, std::string_view data = "") {
  const uint64_t length = json.size();
  std::string text(reinterpret_cast<const char*>(&length), sizeof length);
  return text.append(json).append(data);
}

inline std::string refusal(std::string content) {
  try {
    Safetensors(std::move(content), "w.safetensors");
  } catch (const Error& e) {
    return e.what();
  }
  return "(accepted)";
}

inline std::string entry(const std::string& name, const std::string& rest) {
  return "\"" + name + "\":{" + rest + "}";
}
inline const std::string kF32 = R"("dtype":"F32","shape":[2],"data_offsets":[0,8])";

}  // namespace sinkmoe::weights
