#include "data/import/write_set.h"

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "core/hash.h"
#include "data/import/encode.h"
#include "data/text_set.h"
#include "data/tokens/bpe_sample.h"

namespace sinkmoe::data {

namespace fs = std::filesystem;

namespace {

using Json = nlohmann::ordered_json;

Json manifest_of(const Corpus& corpus, const std::vector<SplitSummary>& summaries,
                 const std::string& recipe, bool documents) {
  Json manifest;
  manifest["format"] = 1;
  manifest["recipe"] = recipe;
  manifest["split"] = corpus.rule;
  if (documents) manifest["documents"] = "bos";
  for (const SplitSummary& split : summaries)
    manifest["splits"][split.name] = {{"share", split.share}, {"copied", split.copied}};
  manifest["left_out"] = {{"hidden", corpus.left_out.hidden},
                          {"not_txt", corpus.left_out.endings},
                          {"outside_of_splits", corpus.left_out.outside},
                          {"empty", corpus.left_out.empty}};
  if (corpus.left_out.empty_documents > 0)
    manifest["left_out"]["empty_documents"] = corpus.left_out.empty_documents;
  return manifest;
}

Json entry_of(const CorpusFile& file, const std::string& split) {
  Json entry = {
      {"split", split}, {"name", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256}};
  if (file.format.lines) entry["documents"] = file.documents;
  if (file.begin > 0 || file.end < UINT64_MAX)
    entry[file.format.lines ? "from_line" : "from_byte"] = file.begin + (file.format.lines ? 1 : 0);
  return entry;
}

// The serialised sentencepiece model: as given, as an earlier import left it, or a new one.
std::string bpe_model(const ImportRequest& request, const Corpus& corpus, const std::string& given,
                      Journal& journal, const fs::path& folder) {
  if (!given.empty()) return given;
  if (!journal.pieces.empty() && fs::exists(folder / kModelName)) {
    std::string left = read_file(folder / kModelName, kMaxTokenizerBytes);
    if (sha256_hex(left) == journal.model_hash) return left;
  }
  request.progress({"training the tokenizer", 0, 0});
  return train_bpe(sample_sentences(corpus.train), request.vocabulary);
}

std::unique_ptr<Tokenizer> write_tokenizer(const ImportRequest& request, const Corpus& corpus,
                                           const std::string& model, Journal& journal,
                                           const fs::path& folder) {
  if (request.tokenizer == "bytes") return byte_tokenizer();
  if (request.tokenizer == "json") {
    const std::string config = json_config(request.model);
    auto tokenizer = json_tokenizer(model, config, (request.model / kJsonName).string());
    write_file_atomic(folder / kJsonName, model);
    if (!config.empty()) write_file_atomic(folder / kJsonConfigName, config);
    return tokenizer;
  }
  const std::string bpe = bpe_model(request, corpus, model, journal, folder);
  journal.model_hash = sha256_hex(bpe);
  auto tokenizer = sentencepiece_tokenizer(bpe, request.model.string());
  write_file_atomic(folder / kModelName, bpe);
  return tokenizer;
}

}  // namespace

std::vector<CorpusSplit> splits(const Corpus& corpus) {
  std::vector<CorpusSplit> list = {{"train", &corpus.train}, {"valid", &corpus.valid}};
  if (!corpus.test.empty()) list.push_back({"test", &corpus.test});
  return list;
}

std::string source_hash(const std::vector<CorpusFile>& files) {
  std::string list;
  for (const CorpusFile& file : files) list += file.sha256 + "\n";
  return sha256_hex(list);
}

std::string json_config(const fs::path& model) {
  const fs::path file = model / kJsonConfigName;
  return fs::exists(file) ? read_file(file, kMaxTokenizerBytes) : "";
}

void write_set(const ImportRequest& request, const Corpus& corpus,
               const std::vector<SplitSummary>& summaries, const std::string& recipe,
               const std::string& model, Journal& journal, const fs::path& folder) {
  Json manifest = manifest_of(corpus, summaries, recipe, request.documents);
  const auto tokenizer = write_tokenizer(request, corpus, model, journal, folder);
  manifest["tokenizer"] = request.tokenizer;
  manifest["vocabulary"] = tokenizer->vocabulary();
  manifest["tokenizer_hash"] = tokenizer->hash();
  uint64_t done = 0, total = 0;
  for (const CorpusSplit& split : splits(corpus)) total += bytes_of(*split.files);
  drop_damaged_pieces(journal, folder, token_layout(*tokenizer, request.documents));
  JournalWriter writer(folder, journal);
  const auto progress = [&](uint64_t bytes) {
    request.progress({"encoding", done += bytes, total});
  };
  SplitEncoder encoder(
      *tokenizer,
      {.documents = request.documents, .piece_bytes = request.piece_bytes, .progress = progress},
      journal, writer);
  for (const CorpusSplit& split : splits(corpus)) {
    const TokenFileInfo info =
        encoder.write(split.name, *split.files, folder, source_hash(*split.files));
    for (const CorpusFile& file : *split.files)
      manifest["files"].push_back(entry_of(file, split.name));
    manifest["splits"][split.name].update(
        {{"tokens", info.count}, {"bytes", info.text_bytes}, {"content_hash", info.content_hash}});
  }
  write_file_atomic(folder / kManifestName, manifest.dump(2) + "\n");
}

}  // namespace sinkmoe::data
