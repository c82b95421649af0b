#include "data/documents/check_text.h"

#include "core/error.h"
#include "core/text/utf8.h"

namespace sinkmoe::data {

void refuse_pointer(std::string_view start, const std::string& where) {
  if (start.size() < 1024 && start.starts_with("version https://git-lfs.github.com/spec/"))
    throw Error("a Git-LFS pointer, not the text itself", where, "fetch it with 'git lfs pull'");
}

void check_characters(std::string_view text, const std::string& where, uint64_t first) {
  const auto at_byte = [&](uint64_t at) { return where + ": byte " + std::to_string(first + at); };
  size_t bad = 0;
  if (!valid_utf8(text, &bad))
    throw Error("not UTF-8", at_byte(bad), "convert the file to UTF-8, e.g. with iconv");
  for (size_t at = 0; at < text.size();) {
    size_t stop = at;  // faster than find_first_of
    while (stop < text.size() && text[stop] != ' ' && text[stop] != '\n') ++stop;
    if (stop - at > kMaxRun)
      throw Error(
          "a run of more than " + std::to_string(kMaxRun) + " bytes without a space or a newline",
          at_byte(at), "this is not text; leave the file out or break the run");
    at = stop + 1;
  }
}

void check_text(std::string_view text, const std::string& where) {
  refuse_pointer(text, where);
  check_characters(text, where);
}

}  // namespace sinkmoe::data
