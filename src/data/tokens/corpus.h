// A folder of text on its way to tokens: which files, which split, and whether each is text at all.
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

struct Corpus {
  std::vector<CorpusFile> train, valid, test;  // each by name; test may be empty
  std::vector<std::string> notes;              // what the user should know
};

struct CorpusRequest {
  std::filesystem::path folder;
  std::string train = "train", valid = "valid",
              test = "test";     // sub-folders that are the split, if there
  double valid_fraction = 0.05;  // of the bytes, without such sub-folders
};

// Reads and checks every *.txt file under the folder. With train/ and valid/ sub-folders these are
// the split (test/ may be there too); else whole files go to validation by the order of their
// hashes until they hold `valid_fraction` of the bytes; a single file gives its tail. Throws Error
// with every problem: no text, not UTF-8 (file and byte), a Git-LFS pointer, an unbroken run of
// more than 1 MiB, a link that leaves the folder, the same text in two splits.
Corpus find_corpus(const CorpusRequest& request);

// The text of (a part of) one file; checked as above, and that it still has the hash it had.
std::string read_corpus_text(const CorpusFile& file);

// Throws Error unless `text` is what find_corpus takes; `where` names the file.
void check_text(std::string_view text, const std::string& where);

}  // namespace sinkmoe::data
