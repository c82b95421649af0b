// The texts of a measurement: files, folders of *.txt, or a short one that the program brings along.
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

// Each path is a UTF-8 file or a folder whose *.txt files are taken by name; none: the text that
// comes with the program. At most `limit_bytes` are read. Throws Error: nothing there, not UTF-8.
Texts read_texts(const std::vector<std::filesystem::path>& paths, uint64_t limit_bytes);

}  // namespace sinkmoe::pretrained
