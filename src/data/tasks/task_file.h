// A file of zero-shot questions: one JSON object a line, read strictly.
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
  // Two lists of equal length: option i is continuation i after context i. One option: the question
  // is whether it is the likeliest text.
  std::vector<std::string> contexts, continuations;
  int64_t gold = 0;
};

// Limits of a task file.
inline constexpr uint64_t kMaxTaskFile = uint64_t{64} << 20, kMaxTaskLine = uint64_t{1} << 20;
inline constexpr size_t kMaxTaskOptions = 32;

// The first `most` questions of the text; all of it is checked. `where` stands for the path in
// errors. Throws Error with file and line: not an object of one of these forms, another form than
// the first line's, an unknown or repeated key, an empty text, not UTF-8, a gold that is no option,
// a line that is too long, no question at all.
std::vector<TaskQuestion> parse_task_file(std::string_view text, const std::string& where,
                                          int64_t most);

}  // namespace sinkmoe::data
