#include "data/tokens/corpus.h"

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/text/utf8.h"

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

// True for a regular file below `root`, links followed; otherwise adds the problem.
bool inside(const fs::directory_entry& entry, const fs::path& root,
            std::vector<Problem>& problems) {
  std::error_code error;
  const fs::path real = fs::canonical(entry.path(), error);
  const std::string where = entry.path().string();
  if (error) {
    problems.push_back({"cannot be read: " + error.message(), where, ""});
    return false;
  }
  const auto [at, unused] = std::mismatch(root.begin(), root.end(), real.begin(), real.end());
  if (at != root.end()) {
    problems.push_back(
        {"a link that leaves the folder", where, "copy the file here, or import its own folder"});
    return false;
  }
  if (!entry.is_symlink()) return entry.is_regular_file();
  if (fs::is_directory(real))
    problems.push_back({"a link to a folder", where, "remove it: its target is read anyway"});
  return fs::is_regular_file(real);
}

// Lists everything below a folder except folders. Links to folders are listed, not followed.
void walk(const fs::path& folder, std::vector<fs::directory_entry>& entries) {
  for (const std::string& name : folder_names(folder)) {
    const fs::directory_entry entry(folder / name);
    if (entry.is_directory() && !entry.is_symlink())
      walk(entry.path(), entries);
    else
      entries.push_back(entry);
  }
}

// Every *.txt under `folder`, by name. Collects the problems of single files.
std::vector<CorpusFile> list_files(const fs::path& folder, const fs::path& root,
                                   std::vector<Problem>& problems) {
  std::vector<CorpusFile> files;
  std::vector<fs::directory_entry> entries;
  walk(folder, entries);
  for (const fs::directory_entry& entry : entries) {
    std::error_code unknown;  // a broken link is not a folder
    const bool folder_link = entry.is_symlink() && fs::is_directory(entry.path(), unknown);
    if (entry.path().extension() != ".txt" && !folder_link) continue;
    if (!inside(entry, root, problems)) continue;
    CorpusFile file{.path = entry.path(), .name = entry.path().lexically_relative(root).string()};
    try {
      inspect(file);
      if (file.bytes > 0) files.push_back(file);
    } catch (const Error& e) {
      problems.insert(problems.end(), e.problems().begin(), e.problems().end());
    }
  }
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  return files;
}

// One file: its end, from the start of a line if possible, is the validation text.
void split_single(Corpus& corpus, CorpusFile file, double fraction) {
  const std::string text = read_file(file.path, kMaxTextFile);
  auto at = static_cast<size_t>(static_cast<double>(text.size()) * (1 - fraction));
  const size_t newline = text.find('\n', at);
  if (newline != std::string::npos && newline + 1 < text.size()) at = newline + 1;
  at = character_start(text, at);
  CorpusFile head = file, tail = file;
  head.end = tail.begin = at;
  head.bytes = at;
  head.sha256 = sha256_hex(std::string_view(text).substr(0, at));
  tail.bytes = text.size() - at;
  tail.sha256 = sha256_hex(std::string_view(text).substr(at));
  if (head.bytes == 0 || tail.bytes == 0)
    throw Error("the text is too short to be split", file.path.string());
  corpus.train = {head};
  corpus.valid = {tail};
  corpus.notes.push_back("one file: its last " + std::to_string(tail.bytes) +
                         " bytes are the validation text");
}

void split_by_hash(Corpus& corpus, std::vector<CorpusFile> files, double fraction) {
  std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) {
    return std::pair(a.sha256, a.name) < std::pair(b.sha256, b.name);
  });
  double total = 0, taken = 0;
  for (const CorpusFile& file : files) total += static_cast<double>(file.bytes);
  for (size_t i = 0; i < files.size(); ++i) {
    const bool valid = i == 0 || (taken < fraction * total && i + 1 < files.size());
    if (valid) taken += static_cast<double>(files[i].bytes);
    (valid ? corpus.valid : corpus.train).push_back(files[i]);
  }
  for (auto* split : {&corpus.train, &corpus.valid})
    std::sort(split->begin(), split->end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
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
  std::error_code error;
  const fs::path root = fs::canonical(request.folder, error);
  if (error || !fs::is_directory(root)) throw Error("no such folder", request.folder.string());
  std::vector<Problem> problems;
  Corpus corpus;
  const bool split =
      fs::is_directory(root / request.train) && fs::is_directory(root / request.valid);
  std::vector<CorpusFile> files;
  if (split) {
    corpus.train = list_files(root / request.train, root, problems);
    corpus.valid = list_files(root / request.valid, root, problems);
    if (fs::is_directory(root / request.test))
      corpus.test = list_files(root / request.test, root, problems);
  } else {
    files = list_files(root, root, problems);
  }
  const std::string fix = "put *.txt files there";
  if (problems.empty() && split && corpus.train.empty())
    problems.push_back({"no text", (root / request.train).string(), fix});
  if (problems.empty() && split && corpus.valid.empty())
    problems.push_back({"no text", (root / request.valid).string(), fix});
  if (problems.empty() && !split && files.empty())
    problems.push_back({"no text in the folder", root.string(), fix});
  if (!problems.empty()) throw Error(problems);
  if (!split && files.size() == 1) split_single(corpus, files[0], request.valid_fraction);
  if (!split && files.size() > 1) split_by_hash(corpus, files, request.valid_fraction);
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

}  // namespace sinkmoe::data
