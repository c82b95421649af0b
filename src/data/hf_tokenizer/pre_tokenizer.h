// The splitting step of a tokenizer.json: splits a text into pieces that no token crosses.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace sinkmoe::data {

class PreTokenizer {
 public:
  using Take = std::function<void(std::string_view)>;
  virtual ~PreTokenizer() = default;
  // Passes every piece of `text` to `take`, in order; joined they are the text. Throws Error if a
  // regular expression needs too many steps.
  virtual void split(std::string_view text, const Take& take) const = 0;
};

// Reads the value of "pre_tokenizer": ByteLevel, Digits, Split (regular expression or string, kept
// pieces isolated), and Sequence of these. Throws Error that names what is not supported.
std::unique_ptr<PreTokenizer> read_pre_tokenizer(const nlohmann::json& json,
                                                 const std::string& where);

// True if the last step spells the pieces in bytes (ByteLevel).
bool has_byte_level(const nlohmann::json& pre_tokenizer);

}  // namespace sinkmoe::data
