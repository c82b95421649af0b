// Metaspace writes a visible character for a space. It stands in a pre_tokenizer and in a decoder.
#pragma once

#include <optional>
#include <string>

#include "data/hf_tokenizer/steps/normalizer.h"

namespace sinkmoe::data {

inline constexpr const char* kMetaspace = "\xE2\x96\x81";  // U+2581, the usual replacement

struct Metaspace {
  std::string replacement;
  std::optional<PrefixAt> prefix;  // where one is put before the text
  bool split;                      // cut before each replacement
};

// Reads the keys of a Metaspace in the form since 2024 (prepend_scheme) or before
// (add_prefix_space).
Metaspace read_metaspace(JsonReader& json);

}  // namespace sinkmoe::data
