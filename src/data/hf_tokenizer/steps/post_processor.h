// What a tokenizer.json puts around the ids of a text.
#pragma once

#include "core/json/reader.h"

namespace sinkmoe::data {

// Reads the value of "post_processor": ByteLevel, TemplateProcessing, and Sequence of these. True
// if a special token stands before a single text. Throws Error that names what is not supported.
bool puts_special_token_first(JsonReader json);

}  // namespace sinkmoe::data
