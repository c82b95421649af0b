#include "data/tasks/tasks.h"

#include <algorithm>
#include <filesystem>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/text/split_join.h"
#include "core/text/suggest.h"
#include "data/text_set.h"

namespace sinkmoe::data {

namespace fs = std::filesystem;

namespace {

constexpr const char* kAnswer = "\nAnswer:";

fs::path file_of(const config::EvalConfig& eval, const TaskKind& kind) {
  const fs::path file = fs::path(eval.tasks_path) / kind.file;
  if (!fs::exists(file))
    throw Error("no file of task '" + std::string(kind.name) + "'", file.string(),
                "set eval.tasks_path to the folder of the task files");
  return file;
}

std::string identity_line(const TaskKind& kind, const std::string& hash) {
  return "task " + std::string(kind.name) + " " + hash + "\n";
}

// One space before the continuation and none at the end of the context, as in running text.
void join(TaskQuestion& question, const std::string& cue) {
  for (std::string& context : question.contexts) {
    while (!context.empty() && (context.back() == ' ' || context.back() == '\n'))
      context.pop_back();
    context += cue;
  }
  for (std::string& continuation : question.continuations)
    continuation = std::string(" ").append(trim(continuation));
}

}  // namespace

const std::vector<TaskKind>& task_kinds() {
  static const std::vector<TaskKind> kinds = {{"lambada", "lambada_openai.jsonl", ""},
                                              {"hellaswag", "hellaswag.jsonl", ""},
                                              {"piqa", "piqa.jsonl", kAnswer},
                                              {"arc_easy", "arc_easy.jsonl", kAnswer},
                                              {"arc_challenge", "arc_challenge.jsonl", kAnswer},
                                              {"winogrande", "winogrande.jsonl", ""},
                                              {"boolq", "boolq.jsonl", kAnswer},
                                              {"openbookqa", "openbook_qa.jsonl", ""}};
  return kinds;
}

std::vector<TaskKind> selected_tasks(const config::EvalConfig& eval) {
  if (eval.tasks.empty()) return {};
  if (eval.tasks == "all") return task_kinds();
  std::vector<std::string> known, wanted;
  for (const TaskKind& kind : task_kinds()) known.push_back(kind.name);
  std::vector<Problem> problems;
  for (const std::string& part : split(eval.tasks, ',')) {
    const std::string name(trim(part));
    if (std::find(known.begin(), known.end(), name) == known.end())
      problems.push_back({"unknown task '" + name + "'", "eval.tasks", did_you_mean(name, known)});
    else if (std::find(wanted.begin(), wanted.end(), name) != wanted.end())
      problems.push_back({"task '" + name + "' twice", "eval.tasks", "name it once"});
    wanted.push_back(name);
  }
  if (!problems.empty()) throw Error(std::move(problems));
  std::vector<TaskKind> kinds;
  for (const TaskKind& kind : task_kinds())
    if (std::find(wanted.begin(), wanted.end(), kind.name) != wanted.end()) kinds.push_back(kind);
  return kinds;
}

Task parse_task(const TaskKind& kind, const std::string& content, const std::string& where,
                int64_t most) {
  Task task{kind.name, parse_task_file(content, where, most)};
  for (TaskQuestion& question : task.questions) join(question, kind.cue);
  return task;
}

TaskSet open_tasks(const config::RunConfig& config) {
  TaskSet set;
  for (const TaskKind& kind : selected_tasks(config.eval)) {
    const fs::path file = file_of(config.eval, kind);
    const std::string content = read_file(file, kMaxTaskFile);
    set.tasks.push_back(parse_task(kind, content, file.string(), config.eval.task_questions));
    set.identity += identity_line(kind, sha256_hex(content));
  }
  if (!set.tasks.empty()) set.tokenizer = open_tokenizer(config.data.path);
  return set;
}

std::string tasks_identity(const config::EvalConfig& eval) {
  std::string text;
  for (const TaskKind& kind : selected_tasks(eval)) {
    const fs::path file = file_of(eval, kind);
    const std::string content = read_file(file, kMaxTaskFile);
    parse_task_file(content, file.string(), 0);
    text += identity_line(kind, sha256_hex(content));
  }
  return text;
}

}  // namespace sinkmoe::data
