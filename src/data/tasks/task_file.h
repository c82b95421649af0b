// Reads a file of zero-shot questions strictly: one JSON object per line, in one of three forms.
//
//   {"context": TEXT, "continuation": TEXT}                            what comes next
//   {"query": TEXT, "choices": [TEXT..], "gold": INDEX}                which choice comes next
//   {"context_options": [TEXT..], "continuation": TEXT, "gold": INDEX} after which context
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace sinkmoe::data {

struct TaskQuestion {
  // Two lists of equal length: option i is continuation i after context i. With one option the
  // question is whether it is the most probable text.
  std::vector<std::string> contexts, continuations;
  int64_t gold = 0;
};

// Limits of a task file.
inline constexpr uint64_t kMaxTaskFile = uint64_t{64} << 20, kMaxTaskLine = uint64_t{1} << 20;
inline constexpr size_t kMaxTaskOptions = 32;

// Returns the first `most` questions, but checks the whole text. Blank lines at the end are allowed.
// `where` is the path in errors.
// Throws Error with file and line: an object in none of these forms, or in another form than the
// first line, an unknown or repeated key, an empty text, invalid UTF-8, a `gold` that is not an
// option, a line that is too long, no question at all.
std::vector<TaskQuestion> parse_task_file(std::string_view text, const std::string& where,
                                          int64_t most);

}  // namespace sinkmoe::data
