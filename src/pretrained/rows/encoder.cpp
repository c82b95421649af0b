#include "pretrained/rows/encoder.h"

#include "core/error.h"

namespace sinkmoe::pretrained {

TextEncoder open_encoder(const std::filesystem::path& folder) {
  throw Error("tokenizer.json cannot be read", folder.string(), "give --ids FILE");
}

}  // namespace sinkmoe::pretrained
