#include "pretrained/start/start_data.h"

#include <filesystem>
#include <string>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/text/quote.h"
#include "data/text_set.h"
#include "data/tokens/as_json.h"
#include "pretrained/adapters.h"

namespace sinkmoe::pretrained {

namespace {

namespace fs = std::filesystem;

constexpr uint64_t kLimit = data::kMaxTokenizerBytes;

// Exported runs hold their tokenizer as tokenizer.json; the text was imported with tokenizer.model, or
// as bytes.
bool same_tokenizer(const fs::path& folder, const std::string& hash_of_data) {
  const fs::path json = folder / data::kJsonName, model = folder / data::kModelName;
  if (!fs::exists(json)) return !fs::exists(model) || sha256_file(model) == hash_of_data;
  const std::string text = read_file(json, kLimit);
  if (sha256_hex(text) == hash_of_data) return true;
  if (hash_of_data == data::byte_tokenizer()->hash()) return text == data::bytes_json();
  if (!fs::exists(model) || sha256_file(model) != hash_of_data) return false;
  return text == data::sentencepiece_json(read_file(model, kLimit), model.string());
}

}  // namespace

void check_start_data(const config::RunConfig& config, const Architecture& a, int64_t in_data) {
  const fs::path folder = base_folder(config.train.init_checkpoint);
  const bool other =
      config.data.source == "text" &&
      !same_tokenizer(folder, data::read_text_set(config.data.path).train.tokenizer_hash);
  if (!other && in_data <= a.vocabulary) return;
  throw Error(other ? "the text was not imported with the tokenizer of the checkpoint"
                    : "the data have " + std::to_string(in_data) + " ids, the checkpoint " +
                          std::to_string(a.vocabulary),
              config.data.path.empty() ? "data.source " + config.data.source : config.data.path,
              "import it with 'sinkmoe data import DIR --tokenizer-json " +
                  shell_word(folder.string()) + "'");
}

}  // namespace sinkmoe::pretrained
