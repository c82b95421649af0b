#include "run/ranks.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "config/compose/canonical.h"
#include "core/error.h"
#include "core/system/process.h"
#include "ranks/processes.h"
#include "ranks/store.h"

namespace sinkmoe::run {

namespace {

using Json = nlohmann::json;
using Seconds = std::chrono::seconds;
using ranks::RankLost;

constexpr Seconds kLeadAppears(
    300);  // between two runs rank 0 plans, reads data, waits after a crash
constexpr Seconds kOpenData(
    600);                      // until all have opened their data; a launcher may start them late
constexpr Seconds kReady(30);  // the same on this host, once rank 0 has opened its own
constexpr Seconds kSayWaiting(3);  // in which ranks that were not lost say so
constexpr Seconds kDismissed(20);
constexpr auto kPoll = std::chrono::milliseconds(20);
constexpr int kExitNoMoreRuns = 77, kExitNoLead = 78;
constexpr const char* kJob = "job";
constexpr const char* kNoMoreRuns = "no more runs";

std::string key(const char* what, int64_t rank) {
  return std::string(what) + "/" + std::to_string(rank);
}

std::string to_text(const config::Job& job) {
  Json json = {{"run_id", job.run_id},
               {"config", config::canonical_text(job.config)},
               {"folder", job.folder.string()},
               {"resume_step", job.resume_step},
               {"data", job.data}};
  if (job.resume) json["resume"] = job.resume->string();
  if (job.initial_weights) json["initial_weights"] = job.initial_weights->string();
  return json.dump();
}

config::Job parse_job(const std::string& text) {
  const Json json = Json::parse(text);
  config::Job job{.run_id = json.at("run_id"),
                  .config = config::parse_canonical(json.at("config"), "the job of rank 0"),
                  .folder = json.at("folder").get<std::string>()};
  job.resume_step = json.at("resume_step");
  job.data = json.at("data");
  if (json.contains("resume")) job.resume = json.at("resume").get<std::string>();
  if (json.contains("initial_weights"))
    job.initial_weights = json.at("initial_weights").get<std::string>();
  return job;
}

// What the ranks other than 0 report is what rank 0 reports.
struct Silent : RunReporter {
  void describe(const std::vector<MetricInfo>&) override {}
  void metrics(const std::vector<MetricRow>&) override {}
  void histograms(const std::vector<HistogramRow>&) override {}
  void event(const EventRow&) override {}
  void checkpoint(int64_t, const std::filesystem::path&, bool) override {}
  void progress(const Progress&) override {}
  bool stop_requested() const override { return false; }
};

Seconds patience_of(const config::Job& job) {
  return Seconds(static_cast<int64_t>(job.config.run.rank_patience));
}

// Why a rank was lost, in words that name it.
std::string explain(ranks::Store& store, ranks::Processes* processes, const config::Job& job,
                    const std::string& otherwise) {
  const int64_t size = store.place().size;
  const auto until = std::chrono::steady_clock::now() + kSayWaiting;
  do {
    for (int64_t rank = 1; rank < size; ++rank)
      if (const auto why = store.get(key("failed", rank)))
        return "rank " + std::to_string(rank) + ": " + *why;
    if (const std::string fault = processes ? processes->fault() : ""; !fault.empty()) return fault;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  } while (std::chrono::steady_clock::now() < until);
  std::string silent;
  for (int64_t rank = 1; rank < size; ++rank)
    if (!store.get(key("waiting", rank)))
      silent += (silent.empty() ? "rank " : ", rank ") + std::to_string(rank);
  if (silent.empty()) return otherwise;
  return silent + " did not answer for " + std::to_string(patience_of(job).count()) + " s";
}

// The user asked for a stop before the first step.
struct Stopped {};
// A rank did not get ready.
struct NotReady {
  int64_t rank;
  Seconds waited;
};

// Waits until every rank has the job and its data.
void await_ranks(ranks::Store& store, ranks::Processes* processes, RunReporter& reporter) {
  const Seconds patience = processes ? kReady : kOpenData;
  const auto until = std::chrono::steady_clock::now() + patience;
  for (int64_t rank = 1; rank < store.place().size; ++rank)
    while (!store.get(key("ready", rank))) {
      if (store.get(key("failed", rank)) || (processes && !processes->fault().empty()))
        throw RankLost("a rank failed before the first step");
      if (reporter.stop_requested()) throw Stopped();
      if (std::chrono::steady_clock::now() > until) throw NotReady{rank, patience};
      std::this_thread::sleep_for(kPoll);
    }
}

// An earlier attempt that this rank took part in may not have ended yet: then waits for its end.
void take_place(ranks::Store& store) {
  const std::string taken = key("taken", store.place().rank);
  while (store.get(taken)) std::this_thread::sleep_for(kPoll);  // throws RankLost at the end
  store.set(taken, "yes");
}

RunEnd train_as_rank(ranks::Store& store, const config::Job& job, const TrainOn& train) {
  std::unique_ptr<ranks::Group> group;
  Silent silent;
  return train(job, silent, [&]() -> ranks::Group& {
    store.set(key("ready", store.place().rank), "yes");
    group = store.connect(patience_of(job));
    return *group;
  });
}

}  // namespace

RunEnd lead(const config::Job& job, RunReporter& reporter,
            const std::optional<queue::RankPlace>& place, const TrainOn& train) {
  ranks::Place own{.rank = 0, .size = place ? place->size : job.config.run.ranks};
  if (place) own.address = place->address, own.port = place->port;
  std::unique_ptr<ranks::Store> store;
  try {
    store = std::make_unique<ranks::Store>(own, patience_of(job));
  } catch (const RankLost& e) {
    return {Outcome::io, std::string("rank 0 cannot open its store: ") + e.what()};
  }
  std::unique_ptr<ranks::Processes> processes;
  std::unique_ptr<ranks::Group> group;
  try {
    store->set(kJob, to_text(job));
    own.port = store->port();
    if (!place) processes = std::make_unique<ranks::Processes>(own);
    reporter.event({"ranks", std::to_string(own.size) +
                                 (place ? ", started by a launcher" : ", all on this host")});
    return train(job, reporter, [&]() -> ranks::Group& {
      await_ranks(*store, processes.get(), reporter);
      group = store->connect(patience_of(job));
      return *group;
    });
  } catch (const Stopped&) {
    return {Outcome::interrupted, "stopped before the first step"};
  } catch (const NotReady& e) {
    return {Outcome::io, "rank " + std::to_string(e.rank) + " was not ready within " +
                             std::to_string(e.waited.count()) + " s"};
  } catch (const RankLost& e) {
    return {Outcome::io, explain(*store, processes.get(), job, e.what()) +
                             "; the run is tried again, from its last checkpoint if it has one"};
  }
}

int take_part(int64_t parent, const TrainOn& train) {
  ranks::follow_parent(static_cast<pid_t>(parent));
  const auto place = queue::place_from_environment();
  if (!place) throw Error("WORLD_SIZE is not set", "sinkmoe rank", "'sinkmoe run' sets it");
  std::unique_ptr<ranks::Store> store;
  try {
    store = std::make_unique<ranks::Store>(
        ranks::Place{place->rank, place->size, place->address, place->port}, kLeadAppears);
  } catch (const RankLost&) {
    return kExitNoLead;
  }
  try {
    take_place(*store);
    const std::string job = store->wait_for(kJob, kOpenData);
    if (job == kNoMoreRuns) {
      store->set(key("ready", place->rank), "yes");
      return kExitNoMoreRuns;
    }
    train_as_rank(*store, parse_job(job), train);
    return 0;
  } catch (const RankLost& e) {
    std::fprintf(stderr, "rank %d ends: %s\n", static_cast<int>(place->rank), e.what());
    return ranks::kExitRankLost;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "rank %d failed: %s\n", static_cast<int>(place->rank), e.what());
    try {
      store->set(key("failed", place->rank), e.what());
    } catch (const RankLost&) {  // rank 0 has ended too; NOLINT(bugprone-empty-catch)
    }
    return 1;
  }
}

int take_part_in_all() {
  // Rank 0 decides when to stop, also if a signal goes to all.
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGUSR2}) ::signal(number, SIG_IGN);
  for (;;) {
    const int status =
        wait_for(start_process({.program = "/proc/self/exe",
                                .arguments = {"sinkmoe", "rank", std::to_string(::getpid())},
                                .environment = environment_variables()}));
    if (!WIFEXITED(status)) continue;
    if (WEXITSTATUS(status) == kExitNoMoreRuns) return 0;
    if (WEXITSTATUS(status) != kExitNoLead) continue;
    const char *address = std::getenv("MASTER_ADDR"), *port = std::getenv("MASTER_PORT");
    std::fprintf(stderr, "rank 0 could not be reached at %s:%s for %d s\n", address ? address : "",
                 port ? port : "", static_cast<int>(kLeadAppears.count()));
    return 1;
  }
}

void dismiss(const queue::RankPlace& place) {
  try {
    ranks::Store store({0, place.size, place.address, place.port}, kDismissed);
    store.set(kJob, kNoMoreRuns);
    for (int64_t rank = 1; rank < place.size; ++rank)
      store.wait_for(key("ready", rank), kDismissed);
  } catch (const RankLost&) {  // they end by themselves; NOLINT(bugprone-empty-catch)
  }
}

}  // namespace sinkmoe::run
