// How a vocabulary spells the bytes of its tokens.
#pragma once

#include <optional>
#include <string>

namespace sinkmoe::data {

// Byte-level (GPT-2): each byte is a printable character, itself or one from U+0100 on. {} for
// tokens that are not spelled so.
std::optional<std::string> spelled_bytes(const std::string& token);
std::string spelled_byte(unsigned char byte);

// The byte of "<0x0A>" (byte_fallback); {} for other tokens.
std::optional<unsigned char> fallback_byte(const std::string& token);
std::string fallback_token(unsigned char byte);

}  // namespace sinkmoe::data
