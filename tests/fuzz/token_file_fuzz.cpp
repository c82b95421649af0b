// Any bytes as a token file: refused with an Error, or every id in the vocabulary. The content hash
// would reject nearly every input at once, so each input is also tried with the right hash.
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "core/error.h"
#include "core/hash.h"
#include "data/tokens/token_file.h"

namespace {

void read(std::string content) {
  try {
    const sinkmoe::data::TokenFile file(std::move(content), "fuzz");
    std::vector<int32_t> ids(file.size());
    file.copy(0, ids);
    uint64_t bytes = 0;
    for (int32_t id : ids) {
      if (id < 0 || static_cast<uint32_t>(id) >= file.info().vocabulary) std::abort();
      bytes += file.bytes_of(id);
    }
    if (bytes != file.info().text_bytes) std::abort();
  } catch (const sinkmoe::Error&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string content(reinterpret_cast<const char*>(data), size);
  read(content);
  if (size >= 232) {
    content.replace(168, 64, std::string(64, '0'));
    content.replace(168, 64, sinkmoe::sha256_hex(content));
    read(content);
  }
  return 0;
}
