#include "report/draw/plot/png_text.h"

namespace sinkmoe::report {

namespace {

std::string big_endian(uint32_t value) {
  std::string bytes;
  for (const int shift : {24, 16, 8, 0}) bytes += static_cast<char>(value >> shift & 0xFF);
  return bytes;
}

}  // namespace

uint32_t crc32(const std::string& bytes) {
  uint32_t crc = 0xFFFFFFFF;
  for (const char c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (int bit = 0; bit < 8; ++bit) crc = crc & 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
  }
  return ~crc;
}

std::string png_with_text(std::string png, const std::string& keyword, const std::string& text) {
  constexpr size_t kHeaderEnd = 8 + 25;  // signature, and the IHDR chunk that must come first
  if (png.size() < kHeaderEnd || !png.starts_with("\x89PNG\r\n\x1a\n")) return png;
  // keyword, end, not compressed, method 0, no language, no translated keyword, text
  const std::string data = "iTXt" + keyword + std::string(5, '\0') + text;
  const auto length = static_cast<uint32_t>(data.size() - 4);
  png.insert(kHeaderEnd, big_endian(length) + data + big_endian(crc32(data)));
  return png;
}

}  // namespace sinkmoe::report
