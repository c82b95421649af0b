// Adds a text chunk to a PNG picture.
#pragma once

#include <cstdint>
#include <string>

namespace sinkmoe::report {

// CRC-32 as PNG uses it (ISO 3309).
uint32_t crc32(const std::string& bytes);

// Puts an iTXt chunk (UTF-8, uncompressed) after the header. Bytes that are not a PNG are returned
// unchanged.
std::string png_with_text(std::string png, const std::string& keyword, const std::string& text);

}  // namespace sinkmoe::report
