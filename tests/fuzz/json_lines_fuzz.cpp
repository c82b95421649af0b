// Any bytes as JSON lines: refused with an Error, or documents of well-formed UTF-8, none of them empty.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "core/text/utf8.h"
#include "data/documents/json_lines.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view lines(reinterpret_cast<const char*>(data), size);
  try {
    const auto block = sinkmoe::data::documents_of_lines(lines, 0, "fuzz");
    if (!sinkmoe::valid_utf8(block.text) || block.lines.size() != block.starts.size()) std::abort();
    if (block.starts.empty() != block.text.empty()) std::abort();
    for (size_t i = 0; i < block.starts.size(); ++i) {
      const size_t end = i + 1 < block.starts.size() ? block.starts[i + 1] : block.text.size();
      if (block.starts[i] >= end || block.lines[i] >= block.end) std::abort();
      if (!sinkmoe::valid_utf8(std::string_view(block.text).substr(0, end))) std::abort();
    }
  } catch (const sinkmoe::Error&) {
  }
  return 0;
}
