// sinkmoe doctor: checks this computer and a database.
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <set>

#include "cli/command.h"
#include "core/file.h"
#include "core/text/safe_name.h"
#include "core/text/utf8.h"
#include "queue/build_info.h"
#include "queue/job.h"
#include "queue/machine.h"
#include "queue/worker/checkpoints.h"
#include "store/read/health.h"
#include "store/store.h"

namespace sinkmoe::cli {

namespace {

namespace fs = std::filesystem;

struct Finding {
  bool fine;
  std::string text;
};

void check_program(std::vector<Finding>& findings) {
  findings.push_back(
      {true, fmt::format("built from {}{} ({})", queue::kBuildInfo.commit,
                         queue::kBuildInfo.dirty ? " with changes" : "", queue::kBuildInfo.build)});
  findings.push_back(
      {true, queue::can_train() ? "can train" : "cannot train: built without LibTorch"});
  findings.push_back(
      {true, fmt::format("{} cores of {}", queue::usable_cores(), queue::processor_name())});
  findings.push_back(
      {true, queue::gpu_count() > 0
                 ? fmt::format("{} GPU, the first is {}", queue::gpu_count(), queue::gpu_name())
                 : std::string("no NVIDIA GPU")});
}

void check_database(const fs::path& db, std::vector<Finding>& findings) {
  if (store::purpose_of(db) == store::Purpose::drills)
    findings.push_back({true, "drill database: its numbers are invented"});
  const std::vector<std::string> problems = store::database_problems(db);
  for (const std::string& problem : problems) findings.push_back({false, problem});
  if (problems.empty()) findings.push_back({true, "the database is intact"});
  const std::string network = store::network_file_system(db);
  if (!network.empty())
    findings.push_back({false, "the database is on " + network +
                                   ", where locks are unreliable: keep it on a local disk, "
                                   "one file per computer, and merge"});
  const std::string free =
      fs::space(db.parent_path().empty() ? "." : db.parent_path()).available < (uint64_t{1} << 30)
          ? "less than 1 GB is free on the disk of the database"
          : "";
  if (!free.empty()) findings.push_back({false, free});
}

void check_runs(store::Store& store, std::vector<Finding>& findings) {
  for (const std::string& run_id : store.free_dead_leases())
    findings.push_back(
        {true, "run " + run_id + " was held by a process that has ended; it is free now"});
}

// Checks every stored checkpoint, and finds files that belong to no run.
void check_checkpoints(const fs::path& db, std::vector<Finding>& findings) {
  std::set<fs::path> known;
  int64_t good = 0;
  for (const auto& [run_id, row] : store::stored_checkpoints(db)) {
    if (!safe_name(run_id)) continue;
    known.insert(queue::run_folder(db, run_id) / row.path);
    std::string why;
    if (queue::checkpoint_file(db, run_id, row, &why))
      ++good;
    else
      findings.push_back({false, fmt::format("run {} step {}: {}", run_id, row.step, why)});
  }
  findings.push_back({true, fmt::format("{} checkpoints match their hashes", good)});
  int64_t files = 0, bytes = 0;
  std::error_code error;
  for (const std::string& run_id : store::stored_run_ids(db)) {
    if (!safe_name(run_id)) {
      findings.push_back(
          {false, "'" + run_id + "' is not a run_id, and cannot be a folder's name"});
      continue;
    }
    const fs::path folder = queue::run_folder(db, run_id);
    for (const std::string& name : folder_names(folder))
      if (name != "log.txt" && !known.contains(folder / name) &&
          fs::is_regular_file(folder / name, error))
        ++files, bytes += static_cast<int64_t>(fs::file_size(folder / name, error));
  }
  if (files > 0)
    findings.push_back({true, fmt::format("{} other files in the runs' folders, {:.1f} MB", files,
                                          static_cast<double>(bytes) / 1e6)});
}

int run_doctor(const Globals& globals, const std::vector<std::string>& args) {
  const auto values = parse(self("doctor"), po::options_description("Options"), "", args);
  if (!values) return 0;
  std::vector<Finding> findings;
  check_program(findings);
  if (fs::exists(globals.db)) {
    store::Store store(
        globals.db);  // also rolls back an incomplete write, and upgrades an older file
    check_database(globals.db, findings);
    check_runs(store, findings);
    check_checkpoints(globals.db, findings);
  } else {
    findings.push_back({true, "no database at " + globals.db.string() + " yet"});
  }
  for (const Finding& f : findings)
    if (!f.fine || !globals.quiet)
      std::cout << (f.fine ? "ok       " : "PROBLEM  ") << printable(f.text) << "\n";
  return std::all_of(findings.begin(), findings.end(), [](const Finding& f) { return f.fine; }) ? 0
                                                                                                : 1;
}

const Registration<Command> doctor_command{
    {.name = "doctor",
     .help = "check the program, the computer, the database and the checkpoints",
     .usage = "",
     .run = run_doctor,
     .torch = true}};

}  // namespace

}  // namespace sinkmoe::cli
