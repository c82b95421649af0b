// How a tokenizer.json turns tokens back into text.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "core/json/reader.h"

namespace sinkmoe::data {

struct Decoder {
  std::vector<std::pair<std::string, std::string>> replacements = {};  // in every token
  std::string prefix = {};  // taken from the start of the text, if it is there

  std::string text_of(std::string token) const;
};

// Reads the value of "decoder": ByteFallback, ByteLevel, Fuse, Metaspace, Replace (of a string),
// Strip (at the start), and Sequence of these. Throws Error that names what is not supported.
Decoder read_decoder(JsonReader json);

}  // namespace sinkmoe::data
