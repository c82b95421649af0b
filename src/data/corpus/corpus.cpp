#include "data/corpus/corpus.h"

#include <algorithm>
#include <map>

#include "core/error.h"
#include "core/text/count.h"
#include "core/text/split_join.h"
#include "data/corpus/list_files.h"
#include "data/corpus/pass.h"
#include "data/corpus/share_out.h"
#include "data/corpus/split_names.h"

namespace sinkmoe::data {

namespace fs = std::filesystem;

namespace {

constexpr const char* kPutFiles = "put *.txt or *.jsonl files there";

// Reads every file; drops the empty ones.
class Inspection {
 public:
  Inspection(const CorpusRequest& request, const Corpus& corpus) : request_(request) {
    for (const auto* split : {&corpus.train, &corpus.valid, &corpus.test})
      for (const CorpusFile& file : *split) total_ += size_of(file);
  }

  void look_at(std::vector<CorpusFile>& files, LeftOut& left_out) {
    std::vector<CorpusFile> kept;
    for (CorpusFile& file : files) {
      const uint64_t size = size_of(file);
      try {
        left_out.empty_documents +=
            measure(file, [&](uint64_t bytes) { request_.progress(done_ + bytes, total_); });
        if (file.bytes > 0)
          kept.push_back(std::move(file));
        else
          left_out.empty.push_back(file.name);
      } catch (const Error& e) {
        problems.insert(problems.end(), e.problems().begin(), e.problems().end());
      }
      done_ += size;
    }
    files = std::move(kept);
  }

  std::vector<Problem> problems;

 private:
  static uint64_t size_of(const CorpusFile& file) {
    std::error_code error;
    const uint64_t size = fs::file_size(file.path, error);
    return error ? 0 : size;
  }

  const CorpusRequest& request_;
  uint64_t done_ = 0, total_ = 0;
};

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
                "give a folder of *.txt or *.jsonl files, or one file of text");
  if (!fs::is_directory(root))
    return {{.path = root,
             .name = root.filename().string(),
             .format = text_format(root).value_or(TextFormat{})}};
  std::vector<Problem> problems;
  std::vector<CorpusFile> files = list_files(root, left_out, problems);
  if (!problems.empty()) throw Error(std::move(problems));
  if (!files.empty()) return files;
  const std::string others = left_out.endings.empty()
                                 ? ""
                                 : ", but " + counted(std::ssize(left_out.endings), "file") +
                                       " with other endings, such as '" + left_out.endings[0] + "'";
  throw Error(
      "no text in the folder" + others, root.string(),
      others.empty() ? kPutFiles : "name the files of text *.txt, or *.jsonl (also .gz, .zst)");
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

Corpus find_corpus(const CorpusRequest& request) {
  Corpus corpus;
  std::vector<CorpusFile> files = files_at(request, corpus.left_out);
  const bool take_valid = place_by_names(files, request, corpus);
  Inspection inspection(request, corpus);
  for (auto* split : {&corpus.train, &corpus.valid, &corpus.test})
    inspection.look_at(*split, corpus.left_out);
  std::vector<Problem>& problems = inspection.problems;
  const std::string where = request.folder.string();
  if (problems.empty() && corpus.train.empty())
    problems.push_back({"no training text: the files are empty", where, kPutFiles});
  if (problems.empty() && !take_valid && corpus.valid.empty())
    problems.push_back({"no validation text: the files are empty", where, kPutFiles});
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

uint64_t bytes_of(const std::vector<CorpusFile>& files) {
  uint64_t bytes = 0;
  for (const CorpusFile& file : files) bytes += file.bytes;
  return bytes;
}

}  // namespace sinkmoe::data
