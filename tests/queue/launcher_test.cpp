// Sweeps in the tasks of a scheduler. The scheduler of these tests starts each task as a process; tests/full/slurm.sh uses a
// real Slurm.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>

#include "queue/launcher/job_sweep.h"
#include "queue/launcher/task.h"
#include "sweep_fixture.h"

namespace sinkmoe::queue {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

std::map<std::string, std::vector<pid_t>> g_jobs;
std::optional<TaskStates> g_states = TaskStates{};  // nothing: no answer
bool g_start = true;                                // false: the tasks only wait
int g_submitted = 0;

std::string submit(const fs::path& script, const std::vector<std::string>& after) {
  for (const std::string& job : after)
    for (pid_t& pid : g_jobs[job]) {
      if (pid > 0) ::waitpid(pid, nullptr, 0);
      pid = 0;
    }
  const std::string job = std::to_string(++g_submitted);
  const fs::path folder = script.parent_path();
  const size_t tasks = read_record(folder).tasks.size();
  for (size_t t = 0; t < tasks && g_start; ++t) {
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::setenv("TEST_JOB", job.c_str(), 1);
      ::setenv("TEST_TASK", std::to_string(t).c_str(), 1);
      ::execl("/proc/self/exe", "test_queue", "task", folder.c_str(), nullptr);
      ::_exit(127);
    }
    g_jobs[job].push_back(pid);
  }
  return job;
}

// The tasks that were started, and what the test says of those that were not.
std::optional<TaskStates> states(std::string& why) {
  why = "it is away";
  if (!g_states) return std::nullopt;
  TaskStates all = *g_states;
  for (auto& [job, tasks] : g_jobs)
    for (size_t t = 0; t < tasks.size(); ++t) {
      if (tasks[t] > 0 && ::waitpid(tasks[t], nullptr, WNOHANG) == tasks[t]) tasks[t] = 0;
      const bool works = tasks[t] > 0;
      all[{job, static_cast<int64_t>(t)}] = {works ? TaskPhase::running : TaskPhase::over,
                                             works ? "RUNNING" : "COMPLETED"};
    }
  return all;
}

const Registration<Launcher> reg{
    {.name = "test",
     .help = "for tests",
     .script = [](const ArrayJob&, const LauncherOptions&) { return std::string("a script"); },
     .submit = submit,
     .cancel = [](const std::string&) {},
     .states = states,
     .identity = []() -> std::optional<TaskIdentity> {
       const char *job = std::getenv("TEST_JOB"), *task = std::getenv("TEST_TASK");
       if (!job || !task) return std::nullopt;
       return TaskIdentity{job, std::stoll(task)};
     },
     .requeue = [](const TaskIdentity&) {}}};

class Launched : public testing::Test {
 protected:
  Launched() {
    g_states = TaskStates{};
    g_start = true;
    options_.lease_seconds = 1;
    settings_.options.poll_seconds = 0.2;
  }
  // A run that a job holds, before its task has done anything.
  void hold() {
    g_start = false;
    g_states = TaskStates{{{std::to_string(g_submitted + 1), 0}, {TaskPhase::queued, "PENDING"}}};
    settings_.detach = true;
    EXPECT_EQ(launch(fake_plan(1, 30), options_, settings_).exit_code(), 0);
  }
  std::string leases() { return rows(db_, "select count(*) from lease"); }
  Look look(Collector& collector) { return collector.look(true); }

  Folder folder_;
  fs::path db_ = folder_ / "r.db";
  RunOptions options_ = fake_options(db_);
  LaunchSettings settings_{Registry<Launcher>::get("test"), {}};
};

TEST_F(Launched, RunsHaveTheNumbersOfALocalSweep) {
  Plan plan = fake_plan(5, 40);
  for (size_t i : {3, 4}) plan.runs[i].parent = "fake-0";
  settings_.options.pack = 2;
  const SweepSummary summary = launch(plan, options_, settings_);
  EXPECT_EQ(summary.exit_code(), 0);
  EXPECT_EQ(summary.made, 5);
  EXPECT_EQ(rows(db_, "select count(*), max(attempt) from attempt"), "5|1\n");
  const fs::path local = folder_ / "local.db";
  run_experiment(plan, fake_options(local));
  EXPECT_EQ(tables(db_), tables(local));
  EXPECT_EQ(
      rows(db_,
           "select run_id, step, final from checkpoint join run on run.id = run order by 1, 2"),
      rows(local,
           "select run_id, step, final from checkpoint join run on run.id = run order by 1, 2"));
  EXPECT_TRUE(fs::exists(folder_ / "r.runs/fake-4/final.txt"));
  EXPECT_FALSE(fs::exists(folder_ / "r.runs/fake-4/run.db")) << "it is collected";
}

TEST_F(Launched, ARunThatFailsIsReportedOnce) {
  const SweepSummary summary = launch(drill_plan(3, 30, "fail@5"), options_, settings_);
  EXPECT_EQ(summary.done, 2);
  EXPECT_EQ(summary.failed, 1);
  EXPECT_EQ(summary.exit_code(), 1);
  EXPECT_EQ(rows(db_, "select message from run where status = 'failed'"),
            "data.path: the drill asked for a failure\n");
}

TEST_F(Launched, ALocalSweepLeavesRunsInJobsAlone) {
  hold();
  const SweepSummary summary = run_experiment(fake_plan(2, 30), options_);
  EXPECT_EQ(summary.in_jobs, 1);
  EXPECT_EQ(summary.made, 1);
  EXPECT_EQ(summary.exit_code(), 75);
}

TEST_F(Launched, WithoutAnAnswerNothingIsDecided) {
  hold();
  g_states.reset();
  store::Store store(db_);
  Collector collector(store, db_);
  EXPECT_THAT(look(collector).problems, ElementsAre(HasSubstr("it is away")));
  EXPECT_THAT(look(collector).problems, ElementsAre()) << "said once";
  EXPECT_EQ(leases(), "1\n");
  g_states = TaskStates{};
  EXPECT_EQ(look(collector).collected.size(), 1u)
      << "it answers, and knows no such task, which never worked";
  EXPECT_EQ(leases(), "0\n");
  EXPECT_EQ(rows(db_, "select status from run"), "planned\n");
}

TEST_F(Launched, ATaskThatStillBeatsIsNotOverAlthoughTheSchedulerHasForgottenIt) {
  hold();
  g_states = TaskStates{};
  store::Store store(db_);
  Collector collector(store, db_);
  Beat beat{.job = std::to_string(g_submitted), .task = 0, .status = RunStatus::running};
  for (int i = 0; i < 15; ++i, ++beat.count) {
    write_beat(folder_ / "r.runs/fake-0", beat);
    EXPECT_THAT(look(collector).collected, testing::IsEmpty());
    ::usleep(100'000);
  }
  ::usleep(1'200'000);
  EXPECT_EQ(look(collector).collected.size(), 1u) << "silent for longer than a lease";
}

TEST_F(Launched, AWorkerThatDiedWithItsTaskIsLostAndResumed) {
  hold();
  {
    store::Store task(folder_ / "r.runs/fake-0/run.db");
    const std::vector<std::string> run = {"fake-0"};
    auto lease = *task.claim(run, {"elsewhere", "b/c", 7, 7});
    task.begin_attempt(lease, {.device = "cpu"});
  }
  const auto key = std::pair(std::to_string(g_submitted), int64_t{0});
  g_states = TaskStates{{key, {TaskPhase::over, "NODE_FAIL"}}};
  g_start = true;
  settings_.detach = false;
  EXPECT_EQ(launch(fake_plan(1, 30), options_, settings_).exit_code(), 0);
  EXPECT_EQ(rows(db_, "select attempt, outcome from attempt order by 1"), "1|lost\n2|done\n");
  EXPECT_THAT(rows(db_, "select message from attempt where attempt = 1"), HasSubstr("NODE_FAIL"));
}

TEST_F(Launched, ASubmissionThatWasCutIsTakenBack) {
  hold();
  const fs::path job = folder_ / "r.jobs/fake-1";
  JobRecord record = read_record(job);
  fs::remove(job / "job.id");
  store::Store store(db_);
  Collector collector(store, db_);
  EXPECT_EQ(look(collector).held.size(), 1u) << "its submitter lives";
  record.submitter.start += 1;  // another process under the same number
  write_record(job, record);
  Collector later(store, db_);
  look(later);
  EXPECT_EQ(leases(), "0\n");
  EXPECT_FALSE(settle_job_id(job, "77")) << "a task of that job does nothing";
}

TEST_F(Launched, ARefusedJobGivesItsRunsBack) {
  Launcher refuses = Registry<Launcher>::get("test");
  refuses.submit = [](const fs::path&, const std::vector<std::string>&) -> std::string {
    throw Error("no such partition", "");
  };
  EXPECT_THROW(launch(fake_plan(2, 30), options_, {refuses, settings_.options}), Error);
  EXPECT_EQ(leases(), "0\n");
  EXPECT_EQ(launch(fake_plan(2, 30), options_, settings_).exit_code(), 0);
}

}  // namespace
}  // namespace sinkmoe::queue
