#include "cli/models/speaker.h"

#include <memory>

#include "cli/models/final_model.h"
#include "core/error.h"
#include "core/registry.h"
#include "core/text/number.h"
#include "core/text/split_join.h"
#include "data/source.h"
#include "pretrained/rows/tokenizer.h"

namespace sinkmoe::cli {

namespace {

namespace fs = std::filesystem;

template <class T>
const T& only(const std::string& name) {
  if (!Registry<T>::all().contains(name))
    throw Error("this program was built without LibTorch", "sinkmoe sample",
                "build it with scripts/build.sh cpu-release");
  return Registry<T>::get(name);
}

std::string ids_as_text(const Ids& ids) {
  return " " + join(ids, " ", [](int32_t id) { return std::to_string(id); });
}

}  // namespace

Ids parse_ids(const std::string& text) {
  const bool commas = text.find(',') != std::string::npos;
  Ids ids;
  for (const std::string& part : split(text, commas ? ',' : ' ')) {
    const std::string word(trim(part));
    if (word.empty() && !commas) continue;
    const auto id = parse_number<int32_t>(word);
    if (!id || *id < 0)
      throw Error(word.empty() ? "'" + text + "' has no id beside a comma"
                               : "'" + word + "' is not a token id",
                  "sinkmoe sample",
                  "without a tokenizer give ids, such as \"63 4 17\" or --ids 63,4,17");
    ids.push_back(*id);
  }
  if (ids.empty()) throw Error("no token id is given", "sinkmoe sample", "such as --ids 63,4,17");
  return ids;
}

Speaker folder_speaker(const fs::path& folder, const fs::path& adapter, SpeakerInput input) {
  const auto model = std::make_shared<pretrained::Model>(pretrained::open_model(
      fs::weakly_canonical(folder), adapter.empty() ? "" : fs::weakly_canonical(adapter)));
  const int64_t bos = model->architecture.bos;
  Speaker s{.context = model->architecture.max_positions,
            .bos = bos < 0 ? std::nullopt : std::optional(static_cast<int32_t>(bos)),
            .encode = parse_ids,
            .decode = ids_as_text};
  if (input == SpeakerInput::text) {
    const std::shared_ptr<data::HfTokenizer> tokenizer = pretrained::open_tokenizer(*model);
    s.ids = static_cast<size_t>(tokenizer->vocabulary());
    s.bos_is_usual = s.bos && tokenizer->adds_bos();
    s.eos = tokenizer->eos();
    s.encode = [tokenizer](const std::string& text) { return tokenizer->encode(text).ids; };
    s.decode = [tokenizer](const Ids& ids) { return tokenizer->decode(ids); };
  }
  const pretrained::NextToken next = only<pretrained::FolderLogits>("layers").open(*model);
  s.next = [model, next](std::span<const int32_t> ids) { return next(ids); };
  return s;
}

Speaker run_speaker(const fs::path& db, const std::string& run, SpeakerInput input) {
  const FinalModel model = find_final_model(db, run);
  Speaker s{.context = model.config.data.context, .encode = parse_ids, .decode = ids_as_text};
  if (model.config.data.source != "text") {
    s.bos = data::open_source(model.config.data)->bos();
  } else if (input == SpeakerInput::text) {
    const std::shared_ptr<data::Tokenizer> tokenizer = tokenizer_of(model);
    s.ids = static_cast<size_t>(tokenizer->vocabulary());
    s.bos = tokenizer->bos();
    s.bos_is_usual = true;
    s.encode = [tokenizer](const std::string& text) { return tokenizer->encode(text); };
    s.decode = [tokenizer](const Ids& ids) { return tokenizer->decode(ids); };
  }
  s.next = only<pretrained::RunLogits>("decoder").open(model.config, model.weights);
  return s;
}

}  // namespace sinkmoe::cli
