#include "pretrained/rows/texts.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/file.h"
#include "data/documents/check_text.h"

namespace sinkmoe::pretrained {

namespace fs = std::filesystem;

namespace {

// The file itself, or the *.txt files of a folder by name.
std::vector<fs::path> files_of(const fs::path& path) {
  if (!fs::exists(path)) throw Error("no such file or folder", path.string());
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> out;
  for (const std::string& stem : file_stems(path, ".txt")) out.push_back(path / (stem + ".txt"));
  if (out.empty()) throw Error("holds no *.txt file", path.string());
  return out;
}

}  // namespace

Texts read_texts(const std::vector<fs::path>& paths, uint64_t limit_bytes) {
  if (paths.empty()) return {{kDefaultText}, "the text that comes with sinkmoe"};
  Texts texts;
  uint64_t bytes = 0;
  std::string first;
  for (const fs::path& path : paths)
    for (const fs::path& file : files_of(path)) {
      texts.contents.push_back(read_file(file, limit_bytes));
      data::check_text(texts.contents.back(), file.string());
      bytes += texts.contents.back().size();
      if (bytes > limit_bytes)
        throw Error(fmt::format("the texts have more than {} MB", limit_bytes >> 20), path.string(),
                    "give fewer files");
      if (first.empty()) first = file.filename().string();
    }
  texts.description = texts.contents.size() == 1
                          ? first
                          : fmt::format("{} files, the first is {}", texts.contents.size(), first);
  return texts;
}

}  // namespace sinkmoe::pretrained
