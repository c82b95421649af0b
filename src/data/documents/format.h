// How the text lies in a file, as the endings of its name say: NAME.txt or NAME.jsonl, each also
// compressed as .gz or .zst, in any case of letters.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace sinkmoe::data {

enum class Compression { none, gzip, zstd };

struct TextFormat {
  bool lines = false;  // JSON lines: one document a line; otherwise the file is one document
  Compression compression = Compression::none;
};

// Null if the endings are not those of a text.
std::optional<TextFormat> text_format(const std::filesystem::path& path);

// The file's name without these endings; without its last ending if they are not those of a text.
std::string name_of_text(const std::filesystem::path& path);

}  // namespace sinkmoe::data
