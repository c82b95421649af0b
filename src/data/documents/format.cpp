#include "data/documents/format.h"

#include <cctype>
#include <string_view>

namespace sinkmoe::data {

namespace {

bool take_ending(std::string& name, std::string_view ending) {
  if (name.size() <= ending.size()) return false;
  const size_t at = name.size() - ending.size();
  for (size_t i = 0; i < ending.size(); ++i)
    if (std::tolower(static_cast<unsigned char>(name[at + i])) != ending[i]) return false;
  name.resize(at);
  return true;
}

// Takes the endings off the name.
std::optional<TextFormat> take_format(std::string& name) {
  TextFormat format;
  if (take_ending(name, ".gz"))
    format.compression = Compression::gzip;
  else if (take_ending(name, ".zst"))
    format.compression = Compression::zstd;
  format.lines = take_ending(name, ".jsonl");
  return format.lines || take_ending(name, ".txt") ? std::optional(format) : std::nullopt;
}

}  // namespace

std::optional<TextFormat> text_format(const std::filesystem::path& path) {
  std::string name = path.filename().string();
  return take_format(name);
}

std::string name_of_text(const std::filesystem::path& path) {
  std::string name = path.filename().string();
  return take_format(name) ? name : path.stem().string();
}

}  // namespace sinkmoe::data
