#include "data/corpus/list_files.h"

#include <algorithm>
#include <map>
#include <optional>

#include "core/file.h"
#include "core/text/utf8.h"

namespace sinkmoe::data {

namespace {

namespace fs = std::filesystem;

class Listing {
 public:
  Listing(const fs::path& root, LeftOut& left_out, std::vector<Problem>& problems)
      : root_(root), left_out_(left_out), problems_(problems) {}

  // Links to folders are refused, not followed.
  void walk(const fs::path& folder) {
    for (const std::string& name : folder_names(folder)) {
      const fs::directory_entry entry(folder / name);
      const std::string relative = entry.path().lexically_relative(root_).string();
      if (name.starts_with('.') || name == "__MACOSX")
        left_out_.hidden.push_back(printable(relative));
      else if (entry.is_directory() && !entry.is_symlink())
        walk(entry.path());
      else
        add(entry, relative);
    }
  }

  std::vector<CorpusFile> files;

 private:
  void add(const fs::directory_entry& entry, const std::string& name) {
    std::error_code unknown;  // a broken link is not a folder
    const bool folder_link = entry.is_symlink() && fs::is_directory(entry.path(), unknown);
    const std::optional<TextFormat> format = text_format(entry.path());
    if (!format && !folder_link) {
      if (entry.is_regular_file(unknown)) left_out_.endings.push_back(printable(name));
      return;
    }
    if (!inside(entry)) return;
    size_t bad = 0;
    if (!valid_utf8(name, &bad)) {
      problems_.push_back({"a file name that is not UTF-8 at byte " + std::to_string(bad), name,
                           "rename the file, for example with convmv"});
      return;
    }
    if (format) files.push_back({.path = entry.path(), .name = name, .format = *format});
  }

  // True for a regular file below the folder, links followed; otherwise adds the problem.
  bool inside(const fs::directory_entry& entry) {
    std::error_code error;
    const fs::path real = fs::canonical(entry.path(), error);
    const std::string where = entry.path().string();
    if (error) {
      problems_.push_back({"cannot be read: " + error.message(), where, ""});
      return false;
    }
    const auto [at, unused] = std::mismatch(root_.begin(), root_.end(), real.begin(), real.end());
    if (at != root_.end()) {
      problems_.push_back(
          {"a link that leaves the folder", where, "copy the file here, or import its own folder"});
      return false;
    }
    if (!entry.is_symlink()) return entry.is_regular_file();
    if (fs::is_directory(real))
      problems_.push_back({"a link to a folder", where, "remove it: its target is read anyway"});
    return fs::is_regular_file(real);
  }

  const fs::path& root_;
  LeftOut& left_out_;
  std::vector<Problem>& problems_;
};

// A text that lies beside its compressed copy would be read twice.
void refuse_both_forms(const std::vector<CorpusFile>& files, std::vector<Problem>& problems) {
  std::map<std::string, const CorpusFile*> seen;
  for (const CorpusFile& file : files) {
    const fs::path name(file.name);
    const char* ending = file.format.lines ? ".jsonl" : ".txt";
    const auto [it, first] =
        seen.emplace((name.parent_path() / name_of_text(name)).string() + ending, &file);
    if (!first && it->second->format.compression != file.format.compression)
      problems.push_back({"by its name the same text as '" + it->second->name + "'",
                          file.path.string(), "remove one of them"});
  }
}

}  // namespace

std::vector<CorpusFile> list_files(const fs::path& root, LeftOut& left_out,
                                   std::vector<Problem>& problems) {
  Listing listing(root, left_out, problems);
  listing.walk(root);
  std::sort(listing.files.begin(), listing.files.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  refuse_both_forms(listing.files, problems);
  return std::move(listing.files);
}

}  // namespace sinkmoe::data
