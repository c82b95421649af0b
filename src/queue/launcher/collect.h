// Looks after the runs that jobs hold: brings back those whose task is over, and shows how far the others are.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "queue/launcher/job_folder.h"
#include "queue/launcher/launcher.h"
#include "store/read/query.h"
#include "store/store.h"

namespace sinkmoe::queue {

// A run that a job holds, as it is now.
struct HeldView {
  std::string run_id, folder, job;  // the job's folder and id; "" while it is being submitted
  int64_t task = -1;
  std::optional<TaskState> state;  // nothing: the scheduler has not been asked, or does not answer
  std::optional<Beat> beat;        // of this job
  bool preempted() const {         // it waits, and has worked before
    return state && state->phase == TaskPhase::queued && beat.has_value();
  }
  std::string text() const;  // "12_3 RUNNING on node7", "12_4 PENDING (Priority)"
};

// The runs that jobs hold, by run_id, for a command that only reads. Asks the schedulers.
std::map<std::string, HeldView> jobs_of(const store::Reader& reader,
                                        const std::filesystem::path& db);

struct CollectedRun {
  std::string run_id, job;
  int64_t task = -1;
  bool worked = false;  // the task made an attempt
  TaskState state;      // as the scheduler gave it
};

// What a look at all held runs found.
struct Look {
  std::vector<HeldView> held;
  std::vector<CollectedRun> collected;
  std::vector<std::string> problems;  // each is reported once
};

class Collector {
 public:
  Collector(store::Store& store, const std::filesystem::path& db) : store_(store), db_(db) {}

  // `ask`: asks the schedulers; otherwise their last answers count for what is shown, and only runs whose tasks say that
  // they are finished come back.
  Look look(bool ask);

 private:
  struct Job {
    JobRecord record;
    std::string id;
    bool asked = false;  // its id was known when the scheduler was asked last
  };
  struct Silence {
    int64_t count = -1, since_us = 0;
  };
  Job* job_of(const std::string& folder, Look& look);
  void visit(const store::HeldRun& held, Look& look);
  bool over(const HeldView& view, const Job& job);
  void bring_back(const store::HeldRun& held, const HeldView& view, const JobRecord& record,
                  Look& look);
  void report(const std::string& problem, Look& look);
  void ask_schedulers(const std::vector<store::HeldRun>& held, Look& look);

  store::Store& store_;
  const std::filesystem::path db_;
  std::map<std::string, Job> jobs_;           // by folder
  std::map<std::string, TaskStates> states_;  // by launcher: the last answer
  std::map<std::string, bool> answered_;      // by launcher: of the last question
  std::map<std::string, Silence> silence_;    // by run
  std::map<std::string, bool> reported_;
};

}  // namespace sinkmoe::queue
