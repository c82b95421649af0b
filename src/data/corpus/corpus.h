// Finds and checks the text files of a folder, and assigns them to splits.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "data/documents/format.h"

namespace sinkmoe::data {

struct CorpusFile {
  std::filesystem::path path;
  std::string name;  // relative to the folder, for messages and the manifest
  TextFormat format = {};
  uint64_t begin = 0, end = UINT64_MAX;  // part of the file: bytes of text, or lines of JSON
  uint64_t bytes = 0;                    // of text in that part
  uint64_t documents = 0;                // in that part
  std::string sha256;                    // of that part (pass.h, TextHash)
};

// Files that hold no text of the corpus.
struct LeftOut {
  std::vector<std::string> hidden;   // files and folders whose names start with '.', by name
  std::vector<std::string> endings;  // files with other endings, by name
  std::vector<std::string> outside;  // texts outside the folders of the splits, by name
  std::vector<std::string> empty;
  uint64_t empty_documents = 0;  // in files of JSON lines
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
  // Called with the bytes that have been read of all files, and their sum (compressed as they are).
  std::function<void(uint64_t, uint64_t)> progress = [](uint64_t, uint64_t) {};
};

// Reads and checks every text (data/documents/format.h) under the folder, hidden files left out, or the
// one file. A file may be longer than memory.
// Folders or files with customary names (data/corpus/split_names.h) are the splits; if none says
// what is for validation, `valid_fraction` of the bytes is (data/corpus/share_out.h).
// Throws Error with every problem: names that leave open which split they mean, no text, a name or
// text that is not UTF-8 (file and byte), a Git-LFS pointer, more than 1 MiB without a space or
// newline, a damaged compressed file, a line without a document (data/documents/json_lines.h), a link
// that leaves the folder, the same text in two splits.
Corpus find_corpus(const CorpusRequest& request);

// Sum of the bytes of the files.
uint64_t bytes_of(const std::vector<CorpusFile>& files);

}  // namespace sinkmoe::data
