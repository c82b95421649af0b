// The texts of a measurement: files, folders of *.txt, or a short text built into the program.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sinkmoe::pretrained {

extern const char* const kDefaultText;

struct Texts {
  std::vector<std::string> contents;
  std::string description;  // for the page
};

// Each path is a UTF-8 file or a folder, whose *.txt files are read in the order of their names. No
// path: the built-in text. Reads at most `limit_bytes`. Throws Error: nothing found, not UTF-8.
Texts read_texts(const std::vector<std::filesystem::path>& paths, uint64_t limit_bytes);

}  // namespace sinkmoe::pretrained
