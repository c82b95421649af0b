#include "data/import/import.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/text/safe_name.h"
#include "data/corpus/copies.h"
#include "data/import/journal.h"
#include "data/import/leftovers.h"
#include "data/import/write_set.h"
#include "data/text_set.h"

namespace sinkmoe::data {

namespace fs = std::filesystem;

namespace {

constexpr uint64_t kMaxManifest = uint64_t{64} << 20;

// Depends on everything that decides the output. Raise the number if this program would write other
// files.
std::string recipe_hash(const Corpus& corpus, const ImportRequest& request,
                        const std::string& model) {
  std::string text = "import 1\n";
  for (const CorpusSplit& split : splits(corpus))
    text += std::string(split.name) + " " + source_hash(*split.files) + "\n";
  text += request.tokenizer + "\n";
  if (request.tokenizer != "bytes")
    text += model.empty() ? std::to_string(request.vocabulary) : sha256_hex(model);
  if (request.documents) text += "\nBOS before each document";
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
  const std::string name =
      fs::is_directory(source) ? source.filename().string() : name_of_text(source);
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

// --force replaces the whole folder, so nothing else may lie in it.
void refuse_other_files(const fs::path& out) {
  constexpr std::string_view kOwn[] = {"train.tokens",  "valid.tokens", "test.tokens",
                                       kManifestName,   kModelName,     kJsonName,
                                       kJsonConfigName, kJournalName};
  for (const fs::directory_entry& entry : fs::directory_iterator(out))
    if (std::find(std::begin(kOwn), std::end(kOwn), entry.path().filename().string()) ==
        std::end(kOwn))
      throw Error("--force replaces this folder, and it holds what is not of an imported text: " +
                      entry.path().filename().string(),
                  out.string(), "move that elsewhere, or give another --out");
}

// The recipe of the import that `out` already holds, one of the two; "" if there is nothing (or it is
// to be replaced). Throws Error if it holds anything else.
std::string already_made(const fs::path& out, const std::string& recipe, const std::string& earlier,
                         bool force) {
  for (fs::path above = fs::absolute(out).lexically_normal(); above.has_relative_path();) {
    above = above.parent_path();
    if (fs::exists(above / kManifestName) && fs::exists(above / "train.tokens"))
      throw Error("this lies in an imported text, whose folder belongs to 'sinkmoe data import'",
                  out.string(), "give an --out beside " + above.string());
  }
  if (!fs::exists(out) || (fs::is_directory(out) && fs::is_empty(out))) return "";
  if (!fs::exists(out / kManifestName))
    throw Error("this was not created by 'sinkmoe data import'", out.string(),
                "give another --out");
  const auto manifest =
      nlohmann::json::parse(read_file(out / kManifestName, kMaxManifest), nullptr, false);
  const bool ours =
      manifest.is_object() && manifest.contains("recipe") && manifest["recipe"].is_string();
  const std::string made = ours ? manifest["recipe"].get<std::string>() : "";
  if (force) {
    refuse_other_files(out);
    return "";
  }
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

// Shares of the splits.
std::vector<SplitSummary> summaries(const Corpus& corpus) {
  std::vector<SplitSummary> list;
  uint64_t total = 0;
  for (const CorpusSplit& split : splits(corpus)) total += bytes_of(*split.files);
  for (const CorpusSplit& split : splits(corpus)) {
    SplitSummary summary{.name = split.name, .bytes = bytes_of(*split.files)};
    summary.share = static_cast<double>(summary.bytes) / static_cast<double>(total);
    for (const CorpusFile& file : *split.files) {
      summary.files.push_back(file.name);
      summary.documents += file.documents;
    }
    list.push_back(std::move(summary));
  }
  return list;
}

// Sets `copied` of the splits; throws Error for copies unless they are allowed.
void look_for_copies(const Corpus& corpus, const ImportRequest& request,
                     std::vector<SplitSummary>& list) {
  std::vector<Problem> problems;
  uint64_t done = 0;
  const uint64_t total = bytes_of(corpus.train) * (list.size() - 1);
  for (SplitSummary& summary : list) {
    if (summary.name == "train") continue;
    const bool test = summary.name == "test";
    const Copies copies = find_copies(
        corpus.train, test ? corpus.test : corpus.valid,
        [&](uint64_t bytes) { request.progress({"looking for copies", done += bytes, total}); });
    summary.copied = copies.share;
    for (Problem& problem : copy_problems(copies, test ? "test" : "validation"))
      problems.push_back(std::move(problem));
  }
  if (!request.allow_copies && !problems.empty()) throw Error(std::move(problems));
}

// The folder in which the set is made: a new one, or what an ended import of the same key has left.
fs::path folder_aside(const fs::path& out, const std::string& key) {
  ensure_writable_folder(out.parent_path());
  const fs::path aside = out.parent_path() / fmt::format("{}{}", temporary_prefix(out), ::getpid());
  take_over(out, key, aside);
  remove_leftovers(out, false);
  ensure_writable_folder(aside);
  return aside;
}

// Removes what a failed import has written, unless it could continue from there.
void clear_up(const fs::path& aside) {
  const std::optional<Journal> journal = read_journal(aside);
  std::error_code error;
  if (!journal || journal->pieces.empty()) fs::remove_all(aside, error);
}

}  // namespace

ImportResult import_text(const ImportRequest& request) {
  check_request(request);
  const fs::path out = fs::absolute(output_folder(request));
  std::string model;
  if (request.tokenizer == "json") {
    const fs::path json = request.model / kJsonName;
    model = read_file(json, kMaxTokenizerBytes);
    json_tokenizer(model, json_config(request.model), json.string());
  } else if (!request.model.empty()) {
    model = read_file(request.model, kMaxTokenizerBytes);
    sentencepiece_tokenizer(model, request.model.string());  // refuses a bad model before any work
  }
  CorpusRequest corpus_request = request.corpus;
  corpus_request.progress = [&](uint64_t done, uint64_t total) {
    request.progress({"reading", done, total});
  };
  request.progress({"reading", 0, 0});
  const Corpus corpus = find_corpus(corpus_request);
  const std::string recipe = recipe_hash(corpus, request, model);
  ImportResult result{.out = output_folder(request)};
  const std::string made =
      already_made(out, recipe, earlier_recipe(corpus, request, model), request.force);
  if (!made.empty()) {
    result.made = false;
    result.earlier = made != recipe;
    return result;
  }
  result.rule = corpus.rule;
  result.splits = summaries(corpus);
  result.left_out = corpus.left_out;
  const std::string key = recipe + (request.allow_copies ? " copies allowed" : "");
  const fs::path aside = folder_aside(out, key);
  try {
    Journal journal = read_journal(aside).value_or(Journal{});
    result.continued = !journal.pieces.empty();
    journal.key = key;
    if (!result.continued) look_for_copies(corpus, request, result.splits);
    for (SplitSummary& split : result.splits)
      if (split.name != "train")
        result.continued ? split.copied = journal.copied[split.name]
                         : journal.copied[split.name] = split.copied;
    write_set(request, corpus, result.splits, recipe, model, journal, aside);
    take_place(aside, out);
    fs::remove(out / kJournalName);
  } catch (...) {
    clear_up(aside);
    throw;
  }
  return result;
}

bool remove_unfinished_imports(const ImportRequest& request) {
  return remove_leftovers(fs::absolute(output_folder(request)), true);
}

}  // namespace sinkmoe::data
