// Any bytes as a tokenizer.json, and a text after the first NUL: refused with an Error, or ids of
// the vocabulary whose bytes are those of the text.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/error.h"
#include "data/hf_tokenizer/hf_tokenizer.h"

namespace {

constexpr const char* kText =
    "the <|x|> ab  12\n\n\xC3\xA9 e\xCC\x81 \xE2\x96\x81q-\xF0\x9F\x91\x8D<t>.";

void check(const sinkmoe::data::HfTokenizer& tokenizer, std::string_view text) {
  const sinkmoe::data::EncodedText made = tokenizer.encode(text);
  if (made.ids.size() != made.bytes.size()) std::abort();
  size_t bytes = 0;
  for (const uint32_t n : made.bytes) bytes += n;
  if (!made.ids.empty() && bytes != text.size()) std::abort();
  for (const int32_t id : made.ids)
    if (id < 0 || id >= tokenizer.vocabulary()) std::abort();
  tokenizer.decode(made.ids);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string input(reinterpret_cast<const char*>(data), size);
  const size_t end = input.find('\0');
  try {
    const sinkmoe::data::HfTokenizer tokenizer(input.substr(0, end), "", "fuzz");
    check(tokenizer, end == std::string::npos ? kText : std::string_view(input).substr(end + 1));
  } catch (const sinkmoe::Error&) {
  }
  return 0;
}
