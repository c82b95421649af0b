// The cutting step of a tokenizer.json: cuts a text into pieces that no token crosses.
#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "data/hf_tokenizer/steps/normalizer.h"
#include "data/hf_tokenizer/steps/pattern.h"

namespace sinkmoe::data {

// What becomes of the matches of a Split; the names of the file.
enum class SplitBehavior { isolated, removed, merged_with_previous, merged_with_next, contiguous };

struct Cut {
  std::unique_ptr<Pattern> pattern;
  SplitBehavior behavior = SplitBehavior::isolated;
  bool invert = false;  // the matches are what the pattern does not match
};

struct PreTokenizer {
  Changes changes = {};  // made before the first cut
  std::vector<Cut> cuts = {};
  bool byte_level = false;  // tokens are spelled in bytes

  using Take = std::function<void(std::string_view)>;
  // Passes every piece of a changed text to `take`, in order. Throws Error if a regular expression
  // needs too many steps.
  void split(std::string_view text, const Take& take) const { split_from(0, text, take); }

 private:
  void split_from(size_t cut, std::string_view text, const Take& take) const;
};

// Reads the value of "pre_tokenizer": ByteLevel, Digits, Metaspace, Split, and Sequence of these.
// Only the first step may change the text, and nothing may follow ByteLevel. Throws Error that
// names what is not supported.
PreTokenizer read_pre_tokenizer(JsonReader json);

}  // namespace sinkmoe::data
