#include "data/tokens/import.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cassert>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/text/safe_name.h"
#include "data/corpus/copies.h"
#include "data/text_set.h"
#include "data/tokens/bpe_sample.h"
#include "data/tokens/leftovers.h"

namespace sinkmoe::data {

namespace fs = std::filesystem;

namespace {

constexpr uint64_t kMaxManifest = uint64_t{64} << 20;

struct Split {
  const char* name;
  const std::vector<CorpusFile>* files;
};

std::vector<Split> splits(const Corpus& corpus) {
  std::vector<Split> list = {{"train", &corpus.train}, {"valid", &corpus.valid}};
  if (!corpus.test.empty()) list.push_back({"test", &corpus.test});
  return list;
}

// Depends on the text alone, not on names or places of the files.
std::string source_hash(const std::vector<CorpusFile>& files) {
  std::string list;
  for (const CorpusFile& file : files) list += file.sha256 + "\n";
  return sha256_hex(list);
}

// Depends on everything that decides the output. Raise the number if this program would write other
// files.
std::string recipe_hash(const Corpus& corpus, const ImportRequest& request,
                        const std::string& model) {
  std::string text = "import 1\n";
  for (const Split& split : splits(corpus))
    text += std::string(split.name) + " " + source_hash(*split.files) + "\n";
  text += request.tokenizer + "\n";
  if (request.tokenizer != "bytes")
    text += model.empty() ? std::to_string(request.vocabulary) : sha256_hex(model);
  return sha256_hex(text);
}

void check_request(const ImportRequest& request) {
  std::vector<Problem> problems;
  if (request.tokenizer != "bpe" && request.tokenizer != "bytes" && request.tokenizer != "json")
    problems.push_back(
        {"unknown tokenizer '" + request.tokenizer + "'", "--tokenizer", "give bpe or bytes"});
  if (request.tokenizer == "bytes" && !request.model.empty())
    problems.push_back(
        {"a model is of no use to the byte tokenizer", "--model", "leave out one of the two"});
  if (request.vocabulary < kMinBpeVocabulary || request.vocabulary > kMaxBpeVocabulary)
    problems.push_back({"a vocabulary of " + std::to_string(request.vocabulary), "--vocab",
                        "give 300 to 1048576"});
  if (!(request.corpus.valid_fraction > 0 && request.corpus.valid_fraction < 1))
    problems.push_back({"not between 0 and 1", "--valid-fraction", "0.05 is usual"});
  if (!problems.empty()) throw Error(problems);
}

fs::path output_folder(const ImportRequest& request) {
  if (!request.out.empty())
    return request.out.has_filename() ? request.out : request.out.parent_path();
  const fs::path source = fs::weakly_canonical(request.corpus.folder);
  const std::string name = (fs::is_directory(source) ? source.filename() : source.stem()).string();
  if (!safe_name(name))
    throw Error("'" + name + "' cannot name a data set", request.corpus.folder.string(),
                "give --out data/NAME");
  return fs::path("data") / name;
}

// The recipe of an import by an earlier version, or "" if it would have been the same.
std::string earlier_recipe(Corpus corpus, const ImportRequest& request, const std::string& model) {
  if (corpus.earlier_train.empty()) return "";
  corpus.train = corpus.earlier_train;
  corpus.valid = corpus.earlier_valid;
  return recipe_hash(corpus, request, model);
}

// The recipe of the import that `out` already holds, one of the two; "" if there is nothing (or it is
// to be replaced). Throws Error if it holds anything else.
std::string already_made(const fs::path& out, const std::string& recipe, const std::string& earlier,
                         bool force) {
  if (!fs::exists(out) || (fs::is_directory(out) && fs::is_empty(out))) return "";
  if (!fs::exists(out / kManifestName))
    throw Error("this was not created by 'sinkmoe data import'", out.string(),
                "give another --out");
  const auto manifest =
      nlohmann::json::parse(read_file(out / kManifestName, kMaxManifest), nullptr, false);
  const bool ours =
      manifest.is_object() && manifest.contains("recipe") && manifest["recipe"].is_string();
  const std::string made = ours ? manifest["recipe"].get<std::string>() : "";
  if (force) return "";
  if (made.empty() || (made != recipe && made != earlier))
    throw Error("another imported text is here already", out.string(),
                "give another --out, or --force to replace it");
  try {
    for (const char* name : {"train.tokens", "valid.tokens"}) TokenFile{out / name};
    open_tokenizer(out);
  } catch (const Error& e) {
    throw Error("the imported text here is damaged: " + std::string(e.what()), out.string(),
                "import it again with --force");
  }
  return made;
}

// Shares and copies of the splits; throws Error for copies unless they are allowed.
std::vector<SplitSummary> summaries(const Corpus& corpus, bool allow_copies) {
  std::vector<SplitSummary> list;
  std::vector<Problem> problems;
  uint64_t total = 0;
  for (const Split& split : splits(corpus)) total += bytes_of(*split.files);
  for (const Split& split : splits(corpus)) {
    SplitSummary summary{.name = split.name, .bytes = bytes_of(*split.files)};
    summary.share = static_cast<double>(summary.bytes) / static_cast<double>(total);
    for (const CorpusFile& file : *split.files) summary.files.push_back(file.name);
    if (split.files != &corpus.train) {
      const Copies copies = find_copies(corpus.train, *split.files);
      summary.copied = copies.share;
      const std::string text = summary.name == "test" ? "test" : "validation";
      for (Problem& problem : copy_problems(copies, text)) problems.push_back(std::move(problem));
    }
    list.push_back(std::move(summary));
  }
  if (!allow_copies && !problems.empty()) throw Error(std::move(problems));
  return list;
}

// The text of the tokenizer_config.json beside the pretrained model's tokenizer.json, which names
// BOS.
std::string json_config(const ImportRequest& request) {
  const fs::path file = request.model / kJsonConfigName;
  return fs::exists(file) ? read_file(file, kMaxTokenizerBytes) : "";
}

class Import {
 public:
  Import(const ImportRequest& request, const Corpus& corpus, std::string model,
         const std::string& recipe, const std::vector<SplitSummary>& summaries)
      : request_(request), corpus_(corpus), model_(std::move(model)) {
    manifest_["format"] = 1;
    manifest_["recipe"] = recipe;
    manifest_["split"] = corpus.rule;
    for (const SplitSummary& split : summaries)
      manifest_["splits"][split.name] = {{"share", split.share}, {"copied", split.copied}};
    manifest_["left_out"] = {{"hidden", corpus.left_out.hidden},
                             {"not_txt", corpus.left_out.endings},
                             {"outside_of_splits", corpus.left_out.outside},
                             {"empty", corpus.left_out.empty}};
  }

  void write_to(const fs::path& folder) {
    const auto tokenizer = make_tokenizer();
    if (request_.tokenizer == "bpe") write_file_atomic(folder / kModelName, model_);
    if (request_.tokenizer == "json") write_json_tokenizer(folder);
    manifest_["tokenizer"] = request_.tokenizer;
    manifest_["vocabulary"] = tokenizer->vocabulary();
    manifest_["tokenizer_hash"] = tokenizer->hash();
    for (const Split& split : splits(corpus_))
      for (const CorpusFile& file : *split.files) total_ += file.bytes;
    CachedEncoder encoder(*tokenizer);
    for (const Split& split : splits(corpus_)) write_split(split, *tokenizer, encoder, folder);
    write_file_atomic(folder / kManifestName, manifest_.dump(2) + "\n");
  }

 private:
  std::unique_ptr<Tokenizer> make_tokenizer() {
    if (request_.tokenizer == "bytes") return byte_tokenizer();
    if (request_.tokenizer == "json")
      return json_tokenizer(model_, json_config(request_), (request_.model / kJsonName).string());
    if (model_.empty()) {
      request_.progress({"training the tokenizer", 0, 0});
      model_ = train_bpe(sample_sentences(corpus_.train), request_.vocabulary);
    }
    return sentencepiece_tokenizer(model_, request_.model.string());
  }

  void write_json_tokenizer(const fs::path& folder) const {
    write_file_atomic(folder / kJsonName, model_);
    if (const std::string config = json_config(request_); !config.empty())
      write_file_atomic(folder / kJsonConfigName, config);
  }

  void write_split(const Split& split, const Tokenizer& tokenizer, CachedEncoder& encoder,
                   const fs::path& folder) {
    std::vector<uint16_t> byte_lengths;
    for (const std::string& piece : tokenizer.pieces()) {
      assert(piece.size() <= UINT16_MAX);
      byte_lengths.push_back(static_cast<uint16_t>(piece.size()));
    }
    TokenWriter writer(byte_lengths, tokenizer.bos());
    std::vector<int32_t> ids;
    for (const CorpusFile& file : *split.files) {
      ids.clear();
      encoder.encode(read_corpus_text(file), ids);
      writer.append(ids);
      request_.progress({"encoding", done_ += file.bytes, total_});
      manifest_["files"].push_back({{"split", split.name},
                                    {"name", file.name},
                                    {"bytes", file.bytes},
                                    {"sha256", file.sha256}});
      if (file.begin > 0 || file.end < UINT64_MAX)
        manifest_["files"].back()["from_byte"] = file.begin;
    }
    const TokenFileInfo info = writer.write(folder / (std::string(split.name) + ".tokens"),
                                            source_hash(*split.files), tokenizer.hash());
    manifest_["splits"][split.name].update(
        {{"tokens", info.count}, {"bytes", info.text_bytes}, {"content_hash", info.content_hash}});
  }

  const ImportRequest& request_;
  const Corpus& corpus_;
  std::string model_;  // serialised; empty until trained
  nlohmann::ordered_json manifest_;
  uint64_t done_ = 0, total_ = 0;
};

}  // namespace

ImportResult import_text(const ImportRequest& request) {
  check_request(request);
  const fs::path out = fs::absolute(output_folder(request));
  std::string model;
  if (request.tokenizer == "json") {
    const fs::path json = request.model / kJsonName;
    model = read_file(json, kMaxTokenizerBytes);
    json_tokenizer(model, json_config(request), json.string());
  } else if (!request.model.empty()) {
    model = read_file(request.model, kMaxTokenizerBytes);
    sentencepiece_tokenizer(model, request.model.string());  // refuses a bad model before any work
  }
  request.progress({"reading", 0, 0});
  const Corpus corpus = find_corpus(request.corpus);
  const std::string recipe = recipe_hash(corpus, request, model);
  ImportResult result{.out = output_folder(request)};
  const std::string made =
      already_made(out, recipe, earlier_recipe(corpus, request, model), request.force);
  if (!made.empty()) {
    result.made = false;
    result.earlier = made != recipe;
    return result;
  }
  request.progress({"looking for copies", 0, 0});
  result.rule = corpus.rule;
  result.splits = summaries(corpus, request.allow_copies);
  result.left_out = corpus.left_out;
  ensure_writable_folder(out.parent_path());
  remove_leftovers(out);
  const fs::path aside = out.parent_path() / fmt::format("{}{}", temporary_prefix(out), ::getpid());
  try {
    ensure_writable_folder(aside);
    Import(request, corpus, model, recipe, result.splits).write_to(aside);
    take_place(aside, out);
  } catch (...) {
    std::error_code error;
    fs::remove_all(aside, error);
    throw;
  }
  return result;
}

void remove_unfinished_imports(const ImportRequest& request) {
  remove_leftovers(fs::absolute(output_folder(request)));
}

}  // namespace sinkmoe::data
