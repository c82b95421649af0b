#include "data/hf_tokenizer/spelling.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>

namespace sinkmoe::data {

namespace {

constexpr int kCharacters = 256 + 68;  // the characters that spell a byte lie below

// The byte of each character, or -1.
const std::array<int, kCharacters>& byte_of_character() {
  static const auto table = [] {
    std::array<int, kCharacters> made;
    made.fill(-1);
    size_t next = 256;
    for (int b = 0; b < 256; ++b) {
      const bool itself = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
      made[itself ? static_cast<size_t>(b) : next++] = b;
    }
    return made;
  }();
  return table;
}

}  // namespace

std::optional<std::string> spelled_bytes(const std::string& token) {
  std::string text;
  for (size_t at = 0; at < token.size();) {
    utf8proc_int32_t character = 0;
    const utf8proc_ssize_t n =
        utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(token.data()) + at,
                         static_cast<utf8proc_ssize_t>(token.size() - at), &character);
    if (n <= 0 || character >= kCharacters) return {};
    const int byte = byte_of_character()[static_cast<size_t>(character)];
    if (byte < 0) return {};
    text += static_cast<char>(byte);
    at += static_cast<size_t>(n);
  }
  return text;
}

std::string spelled_byte(unsigned char byte) {
  const auto& table = byte_of_character();
  const auto character = std::find(table.begin(), table.end(), int{byte}) - table.begin();
  std::array<utf8proc_uint8_t, 4> text{};
  const utf8proc_ssize_t n =
      utf8proc_encode_char(static_cast<utf8proc_int32_t>(character), text.data());
  return {text.begin(), text.begin() + n};
}

std::string fallback_token(unsigned char byte) { return fmt::format("<0x{:02X}>", byte); }

std::optional<unsigned char> fallback_byte(const std::string& token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>') return {};
  int byte = 0;
  for (const char c : token.substr(3, 2)) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c < 'A' || c > 'F')) return {};
    byte = byte * 16 + (digit ? c - '0' : c - 'A' + 10);
  }
  return static_cast<unsigned char>(byte);
}

}  // namespace sinkmoe::data
