// Any bytes as text: the UTF-8 check, the terminal filter, and a tokenizer's round trip
// agree with each other.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/error.h"
#include "core/text/utf8.h"
#include "data/documents/check_text.h"
#include "data/tokens/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  size_t bad = size;
  const bool valid = sinkmoe::valid_utf8(text, &bad);
  if (valid != (bad == size)) std::abort();
  if (!sinkmoe::valid_utf8(text.substr(0, bad)) || !sinkmoe::valid_utf8(sinkmoe::printable(text)))
    std::abort();
  static const auto tokenizer = sinkmoe::data::byte_tokenizer();
  if (tokenizer->decode(tokenizer->encode(text)) != text) std::abort();
  try {
    sinkmoe::data::check_text(text, "fuzz");
    if (!valid) std::abort();
  } catch (const sinkmoe::Error&) {
  }
  return 0;
}
