#include "pretrained/rows/tokenizer.h"

#include "core/error.h"

namespace sinkmoe::pretrained {

std::unique_ptr<data::HfTokenizer> open_tokenizer(const Model& model) {
  if (!std::filesystem::exists(model.folder / "tokenizer.json"))
    throw Error("there is no tokenizer.json", model.folder.string(),
                "put the model's tokenizer.json there, or give token ids with --ids");
  auto tokenizer = data::open_hf_tokenizer(model.folder);
  int64_t ids = tokenizer->vocabulary();  // that a text can hold
  while (ids > 0 && tokenizer->pieces()[static_cast<size_t>(ids) - 1].empty()) --ids;
  if (ids > model.architecture.vocabulary)
    throw Error("gives ids up to " + std::to_string(ids - 1) + ", the model has " +
                    std::to_string(model.architecture.vocabulary) + " ids",
                (model.folder / "tokenizer.json").string(),
                "take the tokenizer.json of this model");
  return tokenizer;
}

}  // namespace sinkmoe::pretrained
