#include "data/corpus/corpus.h"

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/text/count.h"
#include "core/text/split_join.h"
#include "core/text/utf8.h"
#include "data/corpus/list_files.h"
#include "data/corpus/share_out.h"
#include "data/corpus/split_names.h"

namespace sinkmoe::data {

namespace fs = std::filesystem;

namespace {

constexpr uint64_t kMaxTextFile = uint64_t{4} << 30;
constexpr size_t kMaxRun = 1 << 20;

// Reads the text, and sets hash and size in `file`.
void inspect(CorpusFile& file) {
  const std::string text = read_file(file.path, kMaxTextFile);
  check_text(text, file.path.string());
  file.bytes = text.size();
  file.sha256 = sha256_hex(text);
}

// Reads every file; drops the empty ones.
void inspect_all(std::vector<CorpusFile>& files, LeftOut& left_out,
                 std::vector<Problem>& problems) {
  std::vector<CorpusFile> kept;
  for (CorpusFile& file : files) {
    try {
      inspect(file);
      if (file.bytes > 0)
        kept.push_back(std::move(file));
      else
        left_out.empty.push_back(file.name);
    } catch (const Error& e) {
      problems.insert(problems.end(), e.problems().begin(), e.problems().end());
    }
  }
  files = std::move(kept);
}

void refuse_shared_text(const Corpus& corpus) {
  std::map<std::string, const CorpusFile*> seen;
  for (const CorpusFile& file : corpus.train) seen[file.sha256] = &file;
  std::vector<Problem> problems;
  for (const auto* split : {&corpus.valid, &corpus.test})
    for (const CorpusFile& file : *split)
      if (const auto it = seen.find(file.sha256); it != seen.end())
        problems.push_back({"the same text as the training file '" + it->second->name + "'",
                            file.path.string(), "remove one of them"});
  if (!problems.empty()) throw Error(problems);
}

std::vector<CorpusFile> files_at(const CorpusRequest& request, LeftOut& left_out) {
  std::error_code error;
  const fs::path root = fs::canonical(request.folder, error);
  if (error)
    throw Error("no such folder or file", request.folder.string(),
                "give a folder of *.txt files, or one file of text");
  if (!fs::is_directory(root)) return {{.path = root, .name = root.filename().string()}};
  std::vector<Problem> problems;
  std::vector<CorpusFile> files = list_files(root, left_out, problems);
  if (!problems.empty()) throw Error(std::move(problems));
  if (!files.empty()) return files;
  const std::string others = left_out.endings.empty()
                                 ? ""
                                 : ", but " + counted(std::ssize(left_out.endings), "file") +
                                       " with other endings, such as '" + left_out.endings[0] + "'";
  throw Error("no text in the folder" + others, root.string(),
              others.empty() ? "put *.txt files there" : "name the files of text *.txt");
}

// Puts the files where their names say; the rest is left out. Returns whether validation text must
// still be taken from the training files.
bool place_by_names(std::vector<CorpusFile>& files, const CorpusRequest& request, Corpus& corpus) {
  std::vector<std::string> names;
  for (const CorpusFile& file : files) names.push_back(file.name);
  NamedSplit split;
  if (!request.ignore_names)
    split = split_by_names(names, request.train, request.valid, request.test);
  for (size_t i = 0; i < files.size(); ++i) {
    const Part part = split.parts.empty() ? Part::train : split.parts[i];
    if (part == Part::left_out)
      corpus.left_out.outside.push_back(files[i].name);
    else
      (part == Part::train   ? corpus.train
       : part == Part::valid ? corpus.valid
                             : corpus.test)
          .push_back(std::move(files[i]));
  }
  corpus.rule = split.rule;
  return split.parts.empty() || split.take_valid;
}

}  // namespace

void check_text(std::string_view text, const std::string& where) {
  if (text.size() < 1024 && text.starts_with("version https://git-lfs.github.com/spec/"))
    throw Error("a Git-LFS pointer, not the text itself", where, "fetch it with 'git lfs pull'");
  size_t bad = 0;
  if (!valid_utf8(text, &bad))
    throw Error("not UTF-8", where + ": byte " + std::to_string(bad),
                "convert the file to UTF-8, e.g. with iconv");
  for (size_t at = 0; at < text.size();) {
    const size_t stop = std::min(text.find_first_of(" \n", at), text.size());
    if (stop - at > kMaxRun)
      throw Error("a run of " + std::to_string(stop - at) + " bytes without a space or a newline",
                  where + ": byte " + std::to_string(at),
                  "this is not text; leave the file out or break the run");
    at = stop + 1;
  }
}

Corpus find_corpus(const CorpusRequest& request) {
  Corpus corpus;
  std::vector<CorpusFile> files = files_at(request, corpus.left_out);
  const bool take_valid = place_by_names(files, request, corpus);
  std::vector<Problem> problems;
  for (auto* split : {&corpus.train, &corpus.valid, &corpus.test})
    inspect_all(*split, corpus.left_out, problems);
  const std::string where = request.folder.string();
  if (problems.empty() && corpus.train.empty())
    problems.push_back({"no training text: the files are empty", where, "put *.txt files there"});
  if (problems.empty() && !take_valid && corpus.valid.empty())
    problems.push_back({"no validation text: the files are empty", where, "put *.txt files there"});
  if (!problems.empty()) throw Error(std::move(problems));
  if (take_valid) {
    const std::string by_names = corpus.rule;
    std::vector<CorpusFile> from = std::move(corpus.train);
    corpus.train.clear();
    share_out(std::move(from), request.valid_fraction, corpus);
    if (!by_names.empty()) corpus.rule = by_names + "; validation text " + corpus.rule;
  }
  refuse_shared_text(corpus);
  return corpus;
}

std::string read_corpus_text(const CorpusFile& file) {
  std::string text = read_file(file.path, kMaxTextFile);
  if (file.begin > 0 || file.end < text.size())
    text = text.substr(std::min<uint64_t>(file.begin, text.size()), file.end - file.begin);
  if (sha256_hex(text) != file.sha256)
    throw Error("the file changed while it was read", file.path.string());
  return text;
}

uint64_t bytes_of(const std::vector<CorpusFile>& files) {
  uint64_t bytes = 0;
  for (const CorpusFile& file : files) bytes += file.bytes;
  return bytes;
}

}  // namespace sinkmoe::data
