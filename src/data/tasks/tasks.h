// Zero-shot tasks by name, and their files.
#pragma once

#include <string>
#include <vector>

#include "config/run_config.h"
#include "data/tasks/task_file.h"

namespace sinkmoe::data {

// A row of the table of tasks; a new task is a row.
struct TaskKind {
  const char* name;
  const char* file;  // in eval.tasks_path
  const char* cue;   // stands between context and continuation, before a space
};

struct Task {
  std::string name;
  // contexts end with the cue, continuations begin with a space
  std::vector<TaskQuestion> questions;
};

const std::vector<TaskKind>& task_kinds();

// The tasks of eval.tasks ("lambada,piqa", "all", ""), in the order of the table. Throws Error: a
// name that is unknown or stands there twice.
std::vector<TaskKind> selected_tasks(const config::EvalConfig& eval);

// Reads them: the first eval.task_questions of each. Throws Error (file and line).
std::vector<Task> read_tasks(const config::EvalConfig& eval);

// Lines "task NAME SHA-256", of the whole files; "" when there is no task. Throws Error: missing.
std::string tasks_identity(const config::EvalConfig& eval);

}  // namespace sinkmoe::data
