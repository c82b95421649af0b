// The runs of one plan in jobs of a scheduler: submits what is missing, follows it, collects it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "queue/launcher/collect.h"
#include "queue/launcher/submit.h"

namespace sinkmoe::queue {

struct LaunchSettings {
  const Launcher& launcher;
  LauncherOptions options;
  bool detach = false;  // submit and return
};

// As run_experiment. With a launcher that has no jobs, collects what earlier jobs have finished and then works here. Throws
// Error before anything is submitted: a plan or options that cannot be used.
SweepSummary launch(const plan::Plan& plan, const RunOptions& options,
                    const LaunchSettings& settings);

class JobSweep {
 public:
  JobSweep(const plan::Plan& plan, const RunOptions& options, const LaunchSettings& settings,
           store::Store& store);
  SweepSummary run();
  void collect_once();

 private:
  void look(bool ask);
  void take_note(const CollectedRun& run);
  void submit_missing();
  bool wanted(const TodoRun& run) const;
  std::vector<RunToSubmit> missing() const;
  std::vector<std::string> jobs_before(const ArrayPlan& array);
  void note_changes(const Look& now);
  void show();
  TodoRun* todo(const std::string& run_id);  // null: not in the plan
  SweepSummary summary() const;

  const plan::Plan& plan_;
  const RunOptions& options_;
  const LaunchSettings& settings_;
  store::Store& store_;
  Collector collector_;
  Display display_;
  std::vector<TodoRun> todo_;
  std::unordered_map<std::string, size_t> places_;  // of run_ids in todo_
  std::vector<HeldView> held_;                      // of this plan
  std::map<std::string, std::string> said_;         // run -> what was last said about its task
  std::set<std::string> given_up_;                  // not submitted again by this call
  int64_t began_us_ = store::boot_clock_us(), made_ = 0;
  double work_made_ = 0;
};

}  // namespace sinkmoe::queue
