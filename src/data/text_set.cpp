#include "data/text_set.h"

#include <algorithm>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/text/quote.h"

namespace sinkmoe::data {

namespace fs = std::filesystem;

namespace {

void check_same_tokenizer(const TokenFileInfo& a, const TokenFileInfo& b, const fs::path& folder) {
  if (a.tokenizer_hash != b.tokenizer_hash || a.vocabulary != b.vocabulary || a.bos != b.bos)
    throw Error("the splits were made with different tokenizers", folder.string(),
                "import the text again with 'sinkmoe data import'");
}

}  // namespace

std::string text_set_hash(const TokenFileInfo& train, const TokenFileInfo& valid) {
  return sha256_hex("text 1\n" + train.content_hash + "\n" + valid.content_hash + "\n" +
                    train.tokenizer_hash + "\n");
}

TextSet read_text_set(const fs::path& folder) {
  if (folder.empty())
    throw Error("no folder of imported text is given", "data.path", "set data.path=data/NAME");
  if (!fs::is_directory(folder))
    throw Error("no such folder", folder.string(),
                "make it: sinkmoe data import DIR --out " + shell_word(folder.string()));
  TextSet set{.folder = folder,
              .train = read_token_info(folder / "train.tokens"),
              .valid = read_token_info(folder / "valid.tokens")};
  check_same_tokenizer(set.train, set.valid, folder);
  if (fs::exists(folder / "test.tokens")) {
    set.test = read_token_info(folder / "test.tokens");
    check_same_tokenizer(set.train, *set.test, folder);
  }
  set.hash = text_set_hash(set.train, set.valid);
  return set;
}

std::unique_ptr<Tokenizer> open_tokenizer(const fs::path& folder) {
  const TextSet set = read_text_set(folder);
  std::unique_ptr<Tokenizer> tokenizer = byte_tokenizer();
  if (tokenizer->hash() == set.train.tokenizer_hash) return tokenizer;
  const bool json = fs::exists(folder / kJsonName);
  const fs::path model = folder / (json ? kJsonName : kModelName);
  const std::string content = read_file(model, kMaxTokenizerBytes);
  if (sha256_hex(content) != set.train.tokenizer_hash)  // before a library reads it
    throw Error("not the tokenizer of the token files", model.string(),
                "import the text again with 'sinkmoe data import'");
  if (!json) return sentencepiece_tokenizer(content, model.string());
  const fs::path config = folder / kJsonConfigName;
  return json_tokenizer(content, fs::exists(config) ? read_file(config, kMaxTokenizerBytes) : "",
                        model.string());
}

std::vector<fs::path> find_text_sets(const fs::path& folder) {
  std::vector<fs::path> sets;
  auto add = [&](const fs::path& path) {
    if (fs::exists(path / "train.tokens")) sets.push_back(path);
  };
  add(folder);
  for (const std::string& name : folder_names(folder))
    if (!name.starts_with('.') && fs::is_directory(folder / name)) add(folder / name);
  std::sort(sets.begin(), sets.end());
  return sets;
}

}  // namespace sinkmoe::data
