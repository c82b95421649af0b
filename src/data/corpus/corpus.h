// Finds and checks the text files of a folder, and assigns them to splits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace sinkmoe::data {

struct CorpusFile {
  std::filesystem::path path;
  std::string name;                      // relative to the folder, for messages and the manifest
  uint64_t begin = 0, end = UINT64_MAX;  // part of the file, in bytes
  uint64_t bytes = 0;                    // of that part
  std::string sha256;                    // of that part
};

// Files that hold no text of the corpus.
struct LeftOut {
  std::vector<std::string> hidden;   // files and folders whose names start with '.', by name
  std::vector<std::string> endings;  // files that are not *.txt, by name
  std::vector<std::string> outside;  // *.txt outside the folders of the splits, by name
  std::vector<std::string> empty;
};

struct Corpus {
  std::vector<CorpusFile> train, valid, test;  // sorted by name; test may be empty
  std::string rule;                            // how the splits were found, one sentence
  LeftOut left_out;
  // The split that earlier versions of the program made of the same files with the same fraction,
  // if it is another one; else empty. Texts that were imported then keep their identity.
  std::vector<CorpusFile> earlier_train, earlier_valid;
};

struct CorpusRequest {
  std::filesystem::path folder;    // or one file
  std::string train, valid, test;  // sub-folders that are the splits; "": the customary names
  double valid_fraction = 0.05;    // of the bytes, if no name says what is for validation
  bool ignore_names = false;       // whatever files and folders are called
};

// Reads and checks every *.txt file under the folder, hidden ones left out, or the one file.
// Folders or files with customary names (data/corpus/split_names.h) are the splits; if none says
// what is for validation, `valid_fraction` of the bytes is (data/corpus/share_out.h).
// Throws Error with every problem: names that leave open which split they mean, no text, a name or
// text that is not UTF-8 (file and byte), a Git-LFS pointer, more than 1 MiB without a space or
// newline, a link that leaves the folder, the same text in two splits.
Corpus find_corpus(const CorpusRequest& request);

// The text of (a part of) one file. Checks it as above, and that its hash has not changed.
std::string read_corpus_text(const CorpusFile& file);

// Throws Error unless find_corpus would accept `text`; `where` names the file.
void check_text(std::string_view text, const std::string& where);

// Sum of the bytes of the files.
uint64_t bytes_of(const std::vector<CorpusFile>& files);

}  // namespace sinkmoe::data
