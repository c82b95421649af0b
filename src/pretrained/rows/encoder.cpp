#include "pretrained/rows/encoder.h"

#include <memory>

#include "core/error.h"
#include "data/hf_tokenizer/hf_tokenizer.h"

namespace sinkmoe::pretrained {

TextEncoder open_encoder(const std::filesystem::path& folder) {
  if (!std::filesystem::exists(folder / "tokenizer.json"))
    throw Error("there is no tokenizer.json", folder.string(),
                "put the model's tokenizer.json there, or give token ids with --ids FILE");
  const std::shared_ptr<const data::HfTokenizer> tokenizer = data::open_hf_tokenizer(folder);
  TextEncoder encoder;
  encoder.encode = [tokenizer](std::string_view text) {
    std::vector<int32_t> ids;
    tokenizer->encode(text, ids);
    return ids;
  };
  encoder.bytes_of = [tokenizer](int32_t id) {
    return static_cast<int64_t>(tokenizer->pieces().at(static_cast<size_t>(id)).size());
  };
  encoder.adds_bos = tokenizer->adds_bos();
  return encoder;
}

}  // namespace sinkmoe::pretrained
