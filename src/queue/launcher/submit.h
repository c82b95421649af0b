// Groups runs into job arrays, and submits them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "queue/launcher/job_folder.h"
#include "queue/launcher/launcher.h"
#include "queue/supervisor/supervisor.h"
#include "queue/supervisor/todo_runs.h"

namespace sinkmoe::queue {

struct RunToSubmit {
  std::string run_id, parent;
  int64_t threads = 1;
  bool cuda = false;
};

// Runs that ask for the same, in tasks of `pack` runs. A run is a generation after its parent, if that is in the list too.
struct ArrayPlan {
  int64_t generation = 0, threads = 1;
  bool cuda = false;
  std::vector<std::vector<std::string>> tasks;
};

// Parents must come before their children in the list. The arrays are in the order in which they are submitted.
std::vector<ArrayPlan> arrays_of(const std::vector<RunToSubmit>& runs,
                                 const LauncherOptions& options);

// The job as its script describes it. `folder` is absolute.
ArrayJob array_job(const ArrayPlan& array, const LauncherOptions& options,
                   const std::string& experiment, const std::filesystem::path& folder);

struct Submission {
  std::string job;
  std::filesystem::path folder;
  std::vector<std::vector<std::string>> tasks;
};

// Submits one array: its job takes over the runs that are free, and each gets a database of its own. The answer has no task
// if others took all runs meanwhile. Throws Error, with everything given back: sbatch refused, a folder cannot be written.
struct SubmitContext {
  store::Store& store;
  const plan::Plan& plan;
  const RunOptions& options;
  const Launcher& launcher;
  const LauncherOptions& launcher_options;
  std::function<const TodoRun&(const std::string& run_id)> run;
};
Submission submit_array(const SubmitContext& context, const ArrayPlan& array,
                        const std::vector<std::string>& after);

}  // namespace sinkmoe::queue
