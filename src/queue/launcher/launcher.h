// A launcher decides where the runs of a sweep are made: here, or in tasks of a scheduler. One file each in
// src/queue/launchers/.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "queue/launcher/options.h"

namespace sinkmoe::queue {

// The tasks of one array, and what a batch script says about them.
struct ArrayJob {
  std::string experiment;
  std::filesystem::path folder;                 // of the job, absolute: script, record, logs
  std::filesystem::path program;                // that each task starts
  std::filesystem::path workdir;                // in which it starts
  std::vector<std::vector<std::string>> tasks;  // run_ids
  int64_t cpus = 1, gpus = 0;                   // of a task
};

enum class TaskPhase { queued, running, over };

struct TaskState {
  TaskPhase phase = TaskPhase::queued;
  std::string
      text;  // in the scheduler's words: "PENDING (Priority)", "RUNNING on node7", "TIMEOUT"
  bool cancelled = false;  // by a person: it is not submitted again by the same call
};
using TaskStates = std::map<std::pair<std::string, int64_t>, TaskState>;  // by job id and task

struct TaskIdentity {
  std::string job;
  int64_t task = -1;
};

struct Launcher {
  static constexpr const char* kind = "launcher";
  std::string name, help;

  // A launcher without `submit` makes the runs in this process, and needs none of the rest.
  std::function<std::string(const ArrayJob&, const LauncherOptions&)> script = {};
  // Submits a script; `after` are jobs that must be over before. Returns the job id. Throws Error.
  std::function<std::string(const std::filesystem::path& script,
                            const std::vector<std::string>& after)>
      submit = {};
  std::function<void(const std::string& job)> cancel = {};
  std::function<std::string(const std::string& job)> cancel_command = {};  // for people
  // The tasks that the scheduler knows, of this user. A task that is not among them is over. Nothing if the scheduler does
  // not answer; `why` then says what it said.
  std::function<std::optional<TaskStates>(std::string& why)> states = {};
  // Inside a task: which it is (nothing outside), and a request to queue it again.
  std::function<std::optional<TaskIdentity>()> identity = {};
  std::function<void(const TaskIdentity&)> requeue = {};
};

}  // namespace sinkmoe::queue
