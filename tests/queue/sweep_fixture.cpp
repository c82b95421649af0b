#include "sweep_fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "queue/launcher/task.h"
#include "queue/worker/worker.h"

namespace sinkmoe::queue {

namespace fs = std::filesystem;

// In memory where there is such a file system: a kill is no power loss, and hundreds of syncs take
// their time on a disk.
Folder::Folder() {
  const fs::path base =
      fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
  std::string name = (base / "sinkmoe-queue-XXXXXX").string();
  path_ = ::mkdtemp(name.data());
}

Folder::~Folder() {
  std::error_code error;
  fs::remove_all(path_, error);
}

Plan fake_plan(int64_t runs, int64_t steps) {
  Plan plan{.name = "fake",
            .title = "A drill",
            .path = "fake.toml",
            .toml = "",
            .sha256 = "none",
            .runs = {},
            .skipped = {}};
  for (int64_t i = 0; i < runs; ++i) {
    RunSpec spec;
    spec.config.train.steps = steps;
    spec.config.train.seed = i;
    spec.config.train.checkpoint_every = 10;
    spec.config.train.warmup = 0;
    spec.config.run.log_every = 2;
    spec.run_id = "fake-" + std::to_string(i);
    spec.group_id = "group";
    spec.label = "train.seed=" + std::to_string(i);
    plan.runs.push_back(spec);
  }
  return plan;
}

Plan drill_plan(int64_t runs, int64_t steps, const std::string& drill) {
  Plan plan = fake_plan(runs, steps);
  plan.runs[0].config.data.path = drill;
  return plan;
}

RunOptions fake_options(const fs::path& db) {
  return {.db = db, .job = "fake", .workers = 2, .display = Display::Mode::quiet};
}

std::string rows(const fs::path& db, const std::string& sql) {
  std::string text;
  for (const auto& row : store::Reader(db).query(sql, {.seconds = 30}).rows) {
    for (size_t i = 0; i < row.size(); ++i) text += (i ? "|" : "") + sinkmoe::to_text(row[i]);
    text += "\n";
  }
  return text;
}

std::string tables(const fs::path& db) {
  return rows(
             db,
             "select run_id, name, step, layer, head, value from v_metric order by 1, 2, 3, 4, 5") +
         rows(db,
              "select r.run_id, h.name, h.step, h.counts from histogram h join run r on r.id = "
              "h.run order by 1, 2, 3") +
         rows(db, "select run_id, status, train_seed, eval_loss from run_wide order by 1");
}

int Sweep::wait() const {
  int status = 0;
  ::waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

void Sweep::signal(int number) const { ::kill(pid, number); }
void Sweep::kill_group(int number) const { ::kill(-pid, number); }

Sweep start_sweep(const fs::path& db, int64_t runs, int64_t steps, double lease_seconds,
                  double stall_seconds) {
  const std::string text[] = {db.string(), std::to_string(runs), std::to_string(steps),
                              std::to_string(lease_seconds), std::to_string(stall_seconds)};
  const pid_t pid = ::fork();
  if (pid == 0) {
    ::setpgid(0, 0);
    ::execl("/proc/self/exe", "test_queue", "sweep", text[0].c_str(), text[1].c_str(),
            text[2].c_str(), text[3].c_str(), text[4].c_str(), nullptr);
    ::_exit(127);
  }
  ::setpgid(pid, pid);  // whichever of the two comes first
  return {pid};
}

bool eventually(const fs::path& db, const std::string& sql, const std::string& text) {
  for (int i = 0; i < 2000; ++i) {
    try {
      if (fs::exists(db) && rows(db, sql) == text) return true;
    } catch (const Error&) {  // not there yet
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return false;
}

int run_mode(const std::vector<std::string>& args) {
  if (args[0] == "worker")
    return worker_main(parse_worker_arguments({args.begin() + 1, args.end()}));
  if (args[0] == "task") return task_main(args.at(1));
  RunOptions options = fake_options(args.at(1));
  options.lease_seconds = std::stod(args.at(4));
  options.stall_seconds = std::stod(args.at(5));
  return run_experiment(fake_plan(std::stoll(args.at(2)), std::stoll(args.at(3))), options)
      .exit_code();
}

}  // namespace sinkmoe::queue
