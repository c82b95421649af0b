// The folder of one array job, NAME.jobs/EXPERIMENT-N/ beside the database NAME.db:
//
//   job.sh      the batch script
//   job.json    what its tasks do
//   job.id      the scheduler's number, written once; a task works only if it holds the task's own job
//   task-N.txt  what task N printed
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "core/run/run.h"
#include "queue/worker/checkpoints.h"
#include "store/owner.h"

namespace sinkmoe::queue {

// What job.json holds.
struct JobRecord {
  std::string launcher, experiment, job_kind;
  std::filesystem::path db;                               // absolute
  std::vector<std::vector<std::string>> tasks;            // run_ids
  std::vector<std::pair<std::string, std::string>> data;  // run_id, content hashes of its data
  store::Owner submitter;
  Keep keep = Keep::final;
  bool retry_failed = false;
  int64_t crash_limit = 3;
  double lease_seconds = 60, stall_seconds = 300;
};

// NAME.jobs beside the database.
std::filesystem::path jobs_folder(const std::filesystem::path& db);
// Makes the next free folder. Throws Error.
std::filesystem::path make_job_folder(const std::filesystem::path& db,
                                      const std::string& experiment);

void write_record(const std::filesystem::path& folder, const JobRecord& record);
JobRecord read_record(const std::filesystem::path& folder);  // throws Error

// job.id: the first to write it decides; false if another was first. "" while nobody has.
bool settle_job_id(const std::filesystem::path& folder, const std::string& id);
std::string job_id(const std::filesystem::path& folder);
inline constexpr const char* kNotSubmitted =
    "not submitted";  // in job.id of a submission that was cut

// The database in which a task trains this run: run.db in the run's folder.
std::filesystem::path task_database(const std::filesystem::path& db, const std::string& run_id);

// beat.json in the run's folder: what a task says about a run while it works on it, every two seconds.
struct Beat {
  std::string job;
  int64_t task = -1, count = 0;  // count: grows with every beat
  std::string host;
  RunStatus status = RunStatus::planned;  // of the run, when the task has left it; `running` before
  Progress progress;
  double seconds = 0;
  int64_t first_step = 0;
  std::optional<double> evaluated;
};
void write_beat(const std::filesystem::path& run_folder, const Beat& beat);
std::optional<Beat> read_beat(
    const std::filesystem::path& run_folder);  // nothing: none, or not readable now

}  // namespace sinkmoe::queue
