// Tokens that a tokenizer.json lists beside its vocabulary. Special ones ("<|endoftext|>") are
// never recognised in a text; others (runs of blanks, tags) are, before anything else.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/json/reader.h"

namespace sinkmoe::data {

// Ids lie below this, so that a damaged id does not ask for gigabytes of memory. The largest
// published vocabularies have 262,144.
inline constexpr int64_t kMaxTokens = int64_t{1} << 20;

std::optional<int32_t> token_id(const nlohmann::json& value);

struct AddedToken {
  int32_t id;
  std::string content;
  bool special;
  bool normalized;  // looked for in the normalized text
};

// Reads the key "added_tokens". Throws Error: an id or text that two of them have, or a token to be
// recognised with conditions (single_word, lstrip, rstrip).
std::vector<AddedToken> read_added_tokens(JsonReader& json);

// Finds tokens in a text, from left to right, the longest at each place.
class TokenFinder {
 public:
  void add(const std::string& content, int32_t id, bool special);
  // Passes the stretches of the text in order: tokens with their id, and the text between them.
  using Take = std::function<void(std::string_view, std::optional<int32_t>)>;
  void split(std::string_view text, const Take& take) const;

 private:
  struct Token {
    int32_t id;
    bool special;
  };
  std::unordered_map<std::string, Token> tokens_;
  std::array<std::vector<size_t>, 256> lengths_;  // by first byte, longest first
  bool any_ = false;                              // to be recognised
};

}  // namespace sinkmoe::data
