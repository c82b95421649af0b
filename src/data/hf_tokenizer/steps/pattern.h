// What a tokenizer.json looks for in a text: a regular expression, a string, or numbers.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/json/reader.h"

namespace sinkmoe::data {

// Finds the matches of `text` from left to right.
class Pattern {
 public:
  using Take = std::function<void(size_t begin, size_t end)>;
  virtual ~Pattern() = default;
  // Throws Error if a regular expression needs too many steps.
  virtual void find(std::string_view text, const Take& take) const = 0;
};

// The `tokenizers` library compiles its expressions with Oniguruma in Ruby's syntax, and so does
// this one. An empty match right after another match does not count. Throws Error: not an
// expression, or more than 4096 bytes long.
std::unique_ptr<Pattern> regex_pattern(const std::string& expression, const std::string& where);
std::unique_ptr<Pattern> string_pattern(const std::string& text, const std::string& where);
// Characters of the categories Nd, Nl and No, each a match of its own.
std::unique_ptr<Pattern> number_pattern();
// {"Regex": "..."} or {"String": "..."}
std::unique_ptr<Pattern> read_pattern(JsonReader json);

}  // namespace sinkmoe::data
