// Any bytes as a file of zero-shot questions: refused with an Error, or questions whose answer is
// one of their options.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/error.h"
#include "data/tasks/task_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto questions = sinkmoe::data::parse_task_file(text, "fuzz", 1000);
    if (questions.empty()) std::abort();
    for (const sinkmoe::data::TaskQuestion& q : questions) {
      if (q.contexts.size() != q.continuations.size()) std::abort();
      if (q.gold < 0 || q.gold >= static_cast<int64_t>(q.contexts.size())) std::abort();
      for (const auto* list : {&q.contexts, &q.continuations})
        for (const std::string& part : *list)
          if (part.empty()) std::abort();
    }
  } catch (const sinkmoe::Error&) {
  }
  return 0;
}
