// The job for tests and drills: a few milliseconds a step, numbers that are a pure function of
// run_id and step, small checkpoints. The state is a chain of hashes, so a resume from the wrong
// place shows in every later number. `data.path` may ask for a drill at a step: "diverge@50",
// "nan@50", "crash@50", "hang@50", "fail@50", "oom@50", "throw@50".
#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <chrono>
#include <limits>
#include <new>
#include <stdexcept>
#include <thread>

#include "core/file.h"
#include "core/hash.h"
#include "core/registry.h"
#include "core/text/split_join.h"
#include "queue/job.h"

namespace sinkmoe::queue {

namespace {

namespace fs = std::filesystem;

constexpr auto kStepTime = std::chrono::milliseconds(2);
constexpr int64_t kTokensPerSecond = 1000;

struct State {
  int64_t step = 0;
  std::string chain;  // 64 hexadecimal digits
};

// A number in [0, 1) from the chain and a name.
double draw(const State& state, const std::string& name) {
  const std::string digits = sha256_hex(state.chain + name).substr(0, 12);
  return static_cast<double>(std::stoull(digits, nullptr, 16)) / static_cast<double>(1ull << 48);
}

State first_state(const config::Job& job) {
  return {0, sha256_hex(job.run_id +
                        (job.initial_weights ? read_file(*job.initial_weights, 1 << 20) : ""))};
}

State read_state(const fs::path& file) {
  const std::vector<std::string> parts = split(read_file(file, 1 << 20), ' ');
  if (parts.size() != 2) throw Error("not a checkpoint of the fake job", file.string());
  return {std::stoll(parts[0]), parts[1]};
}

void save(RunReporter& report, const config::Job& job, const State& state, bool final) {
  const fs::path file =
      job.folder / (final ? "final.txt" : "step-" + std::to_string(state.step) + ".txt");
  write_file_atomic(file, std::to_string(state.step) + " " + state.chain);
  report.checkpoint(state.step, file, final);
}

struct Drill {
  std::string kind;
  int64_t step = -1;
};

Drill parse_drill(const std::string& text) {
  const std::vector<std::string> parts = split(text, '@');
  if (parts.size() != 2) return {};
  return {parts[0], std::stoll(parts[1])};
}

std::optional<RunEnd> practise(const Drill& drill, RunReporter& report, int64_t step) {
  if (drill.step != step) return std::nullopt;
  if (drill.kind == "diverge")
    return RunEnd{Outcome::diverged, "loss 1e9 at step " + std::to_string(step)};
  if (drill.kind == "nan")
    report.metrics({{"train/loss", step, -1, -1, std::numeric_limits<double>::quiet_NaN()}});
  if (drill.kind == "crash") ::kill(::getpid(), SIGKILL);
  if (drill.kind == "hang")
    while (true) std::this_thread::sleep_for(std::chrono::seconds(1));
  if (drill.kind == "fail") throw Error("the drill asked for a failure", "data.path");
  if (drill.kind == "oom") throw std::bad_alloc();
  if (drill.kind == "throw") throw std::runtime_error("the drill asked for an exception");
  return std::nullopt;
}

void log_train(RunReporter& report, const State& state) {
  report.metrics({{"train/loss", state.step, -1, -1, 1 + draw(state, "train/loss")},
                  {"train/lr", state.step, -1, -1, draw(state, "train/lr")}});
}

void log_eval(RunReporter& report, const State& state) {
  std::vector<MetricRow> rows = {
      {"eval/loss", state.step, -1, -1, 1 + draw(state, "eval/loss")},
      {"eval/max_layer_cv", state.step, -1, -1, draw(state, "eval/max_layer_cv")}};
  for (int head = 0; head < 4; ++head)
    rows.push_back(
        {"head/importance", state.step, 0, head, draw(state, "head" + std::to_string(head))});
  report.metrics(rows);
  report.histograms({{"head/gate", state.step, 0, 0, 0, 1, {state.step, 1, 2}}});
}

RunEnd fake(const config::Job& job, RunReporter& report) {
  report.describe({{"train/loss", "nats", "lower", "training loss"},
                   {"train/lr", "1", "", "learning rate"},
                   {"eval/loss", "nats", "lower", "validation loss"},
                   {"eval/max_layer_cv", "1", "", "largest CV of a layer"},
                   {"head/importance", "1", "", "importance of a head"}});
  const config::TrainConfig& train = job.config.train;
  const Drill drill = parse_drill(job.config.data.path);
  State state = job.resume ? read_state(*job.resume) : first_state(job);
  if (job.resume && state.step != job.resume_step)
    throw Error("wrong step in the checkpoint", job.resume->string());
  if (!job.resume) log_eval(report, state);
  while (state.step < train.steps) {
    std::this_thread::sleep_for(kStepTime);
    state = {state.step + 1, sha256_hex(state.chain)};
    if (const auto result = practise(drill, report, state.step)) return *result;
    if (state.step % job.config.run.log_every == 0) log_train(report, state);
    report.progress(
        {state.step, train.steps, 1 + draw(state, "train/loss"), kTokensPerSecond, 0, 0});
    const bool stop = report.stop_requested();
    if (stop || (state.step % train.checkpoint_every == 0 && state.step < train.steps))
      save(report, job, state, false);
    if (stop) return {Outcome::interrupted, "at step " + std::to_string(state.step)};
  }
  log_eval(report, state);
  save(report, job, state, true);
  return {};
}

const Registration<JobKind> reg{{.name = "fake",
                                 .help = "no training: for tests and drills",
                                 .run = fake,
                                 .purpose = store::Purpose::drills}};

}  // namespace

}  // namespace sinkmoe::queue
