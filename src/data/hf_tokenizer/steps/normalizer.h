// What a tokenizer.json changes in a text before it is cut: NFC, replacements and prefixes.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "data/hf_tokenizer/steps/pattern.h"

namespace sinkmoe::data {

// A text that was changed, and the place in the original where each of its bytes comes from.
struct AlignedText {
  std::string text;
  std::vector<uint32_t> origin = {};  // text.size() + 1 entries; empty if the bytes are the same

  size_t original(size_t at) const { return origin.empty() ? at : origin[at]; }
};

// One change. The text may be empty.
class Change {
 public:
  virtual ~Change() = default;
  // `starts` is true if the text is the start of a document.
  virtual void apply(AlignedText& text, bool starts) const = 0;
};

using Changes = std::vector<std::unique_ptr<Change>>;

enum class PrefixAt { every_text, start_of_document };

std::unique_ptr<Change> nfc_change(const std::string& where);
std::unique_ptr<Change> replace_change(std::unique_ptr<Pattern> pattern, std::string by);
// Puts `prefix` before every text that is not empty.
std::unique_ptr<Change> prepend_change(std::string prefix);
// Puts `prefix` before texts that do not start with it.
std::unique_ptr<Change> missing_prefix_change(std::string prefix, PrefixAt at);

AlignedText changed(const Changes& changes, std::string_view text, bool starts);

// Adds the steps of the value of "normalizer": NFC, Prepend, Replace, and Sequence of these. Throws
// Error that names what is not supported.
void read_normalizer(JsonReader json, Changes& changes);

}  // namespace sinkmoe::data
