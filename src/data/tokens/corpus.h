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

struct Corpus {
  std::vector<CorpusFile> train, valid, test;  // sorted by name; test may be empty
  std::vector<std::string> notes;              // what the user should know
};

struct CorpusRequest {
  std::filesystem::path folder;
  std::string train = "train", valid = "valid",
              test = "test";     // sub-folders that are the splits, if they exist
  double valid_fraction = 0.05;  // of the bytes, without such sub-folders
};

// Reads and checks every *.txt file under the folder. If there are sub-folders train/ and valid/
// (and perhaps test/), they are the splits. Otherwise whole files go to validation, in the order of
// their hashes, until they hold `valid_fraction` of the bytes; a single file is split at its end.
// Throws Error with every problem: no text, not UTF-8 (file and byte), a Git-LFS pointer, more than
// 1 MiB without a space or newline, a link that leaves the folder, the same text in two splits.
Corpus find_corpus(const CorpusRequest& request);

// The text of (a part of) one file. Checks it as above, and that its hash has not changed.
std::string read_corpus_text(const CorpusFile& file);

// Throws Error unless find_corpus would accept `text`; `where` names the file.
void check_text(std::string_view text, const std::string& where);

}  // namespace sinkmoe::data
