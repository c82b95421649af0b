// Encodes texts with the tokenizer in the folder of a pretrained model.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>
#include <vector>

namespace sinkmoe::pretrained {

struct TextEncoder {
  std::function<std::vector<int32_t>(std::string_view text)> encode;
  std::function<int64_t(int32_t id)> bytes_of;  // bytes of text of an id
  bool adds_bos = false;                        // the tokenizer starts each text with BOS
};

// Throws Error: no tokenizer.json, or a kind that is not supported.
TextEncoder open_encoder(const std::filesystem::path& folder);

}  // namespace sinkmoe::pretrained
