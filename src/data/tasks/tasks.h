// Lists the zero-shot tasks and reads their files.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "config/run_config.h"
#include "data/tasks/task_file.h"
#include "data/tokens/tokenizer.h"

namespace sinkmoe::data {

// A row of the table of tasks. A new task is a new row.
struct TaskKind {
  const char* name;
  const char* file;  // in eval.tasks_path
  const char* cue;   // between context and continuation, before a space
};

struct Task {
  std::string name;
  // contexts end with the cue, continuations begin with a space
  std::vector<TaskQuestion> questions;
};

const std::vector<TaskKind>& task_kinds();

// The tasks of eval.tasks ("lambada,piqa", "all", ""), in the order of the table. Throws Error: a
// name that is unknown or repeated.
std::vector<TaskKind> selected_tasks(const config::EvalConfig& eval);

// Everything that the tasks of an evaluation read, in memory, so that no file is opened again
// later.
struct TaskSet {
  std::vector<Task> tasks;
  std::string identity;                        // tasks_identity of the files that were read
  std::shared_ptr<const Tokenizer> tokenizer;  // of data.path; null without tasks
};

// The tasks of eval.tasks: the first eval.task_questions of each. Throws Error (file and line; no
// tokenizer).
TaskSet open_tasks(const config::RunConfig& config);

// The questions in one task file, as a model gets them. `where` is its path in errors.
Task parse_task(const TaskKind& kind, const std::string& content, const std::string& where,
                int64_t most);

// Lines "task NAME SHA-256" with hashes of the whole files; "" without tasks. Throws Error: what
// open_tasks() refuses, so that a plan refuses it too.
std::string tasks_identity(const config::EvalConfig& eval);

}  // namespace sinkmoe::data
