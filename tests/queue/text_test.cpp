// What workers and supervisor tell each other and the terminal.
#include <gmock/gmock.h>
#include <signal.h>

#include <cmath>

#include "queue/machine.h"
#include "queue/supervisor/display.h"
#include "queue/supervisor/report_line.h"
#include "queue/supervisor/supervisor.h"
#include "queue/supervisor/worker_process.h"
#include "queue/worker/outcome.h"
#include "queue/worker/worker.h"

namespace sinkmoe::queue {
namespace {

TEST(ReportLine, SurvivesTheRoundTrip) {
  const std::string line =
      encode({.progress = Progress{3, 10, 2.5, 1e4, 0.5, 12}, .note = "a \x1b[31m\"note\"\n"});
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  const ReportLine back = decode(line);
  EXPECT_EQ(back.progress->step, 3);
  EXPECT_EQ(back.progress->steps, 10);
  EXPECT_EQ(back.progress->loss, 2.5);
  EXPECT_EQ(*back.note, "a ?[31m\"note\"\n");
  EXPECT_EQ(decode(encode({.progress = Progress{1, 2, std::nan(""), 0, 0, 0}, .note = {}}))
                .progress->loss,
            0);
}

TEST(ReportLine, WhatIsNotOursIsIgnored) {
  for (const char* text : {"", "{", "[1,2]", "null", "{\"progress\": 3}",
                           "{\"progress\": {\"step\": \"x\"}}", "\xff\xfe"}) {
    const ReportLine line = decode(text);
    EXPECT_FALSE(line.note) << text;
    EXPECT_EQ(line.progress.value_or(Progress{}).step, 0) << text;
  }
}

TEST(WorkerArguments, SurviveTheRoundTrip) {
  WorkerArgs args{
      .db = "/a b/r.db", .run_id = "abc", .job = "fake", .epoch = 7, .supervisor = 9, .pipe = 3};
  args.keep = Keep::all;
  args.lease_seconds = 0.25;
  args.threads = 5;
  EXPECT_EQ(to_arguments(parse_worker_arguments(to_arguments(args))), to_arguments(args));
  EXPECT_THROW(parse_worker_arguments({"x"}), Error);
  EXPECT_THROW(
      parse_worker_arguments({"db", "id", "fake", "x", "1", "3", "all", "3", "60", "300", "0", ""}),
      Error);
}

TEST(Death, IsExplained) {
  EXPECT_EQ(explain_death(SIGKILL, false).message, "killed by SIGKILL");
  EXPECT_EQ(explain_death(SIGKILL, true).outcome, Outcome::memory);
  EXPECT_EQ(explain_death(SIGSEGV, true).outcome, Outcome::signal);
  EXPECT_EQ(explain_death(kExitDiskFull << 8, false).outcome, Outcome::disk);
  EXPECT_EQ(explain_death(kExitNoMemory << 8, false).outcome, Outcome::memory);
  EXPECT_EQ(explain_death(2 << 8, false).message,
            "the worker ended with code 2 and could not record why");
}

TEST(Display, LinesAreComplete) {
  const RunLine run{.run_id = "0123456789ab",
                    .label = "attention.kind=sink train.seed=3",
                    .progress = {420, 1000, 2.2131, 31000, 0.52, 12.4},
                    .seconds = 42,
                    .evaluated = 2.25,
                    .flops_per_token = 1e6};
  EXPECT_EQ(format_line(run),
            "01234567  kind=sink seed=3  step 420/1000  loss 2.2131 eval 2.2500 CV 0.52 sink 12% "
            "31k tok/s 31 GFLOP/s ETA 0:58");
  RunLine measured = run;
  measured.product_flops = 124e9;  // 31 of 124 GFLOP/s
  EXPECT_THAT(format_line(measured),
              testing::HasSubstr("31 GFLOP/s (25% of a matrix product) ETA 0:58"));
  EXPECT_EQ(format_line(SweepLine{.name = "quick",
                                  .total = 18,
                                  .done = 7,
                                  .failed = 1,
                                  .running = 2,
                                  .seconds = 300,
                                  .eta = 492}),
            "quick: 7/18 done, 2 running, 1 failed, 5:00 so far, ETA 8:12");
}

// A run of 0 steps has a loss when its evaluation ends; one that trains has no step before its first.
TEST(Display, ARunWithoutStepsShowsWhatItDoes) {
  RunLine run{.run_id = "0123456789ab", .label = "train.seed=3", .evaluates = true, .seconds = 65};
  EXPECT_EQ(format_line(run), "01234567  seed=3  evaluates  1:05 so far");
  run.progress = {0, 0, 2.2131, 0, 0.52, 12.4};
  EXPECT_EQ(format_line(run),
            "01234567  seed=3  evaluates  loss 2.2131 CV 0.52 sink 12%, 1:05 so far");
  EXPECT_EQ(format_line(RunLine{.run_id = "0123456789ab", .label = "train.seed=3", .seconds = 65}),
            "01234567  seed=3  starts  1:05 so far");
}

// On 80 columns nothing of the numbers is cut, and what the sweep varies comes first.
TEST(Display, ANarrowTerminalShowsWhatIsSweptAndAllNumbers) {
  RunLine run{.run_id = "0123456789ab",
              .label = "attention.kind=sink balance.weight=0.01 train.lr=0.004 train.seed=11",
              .progress = {42000, 100000, 2.2131, 310000, 0.52, 12.4},
              .seconds = 42,
              .evaluated = 2.25,
              .flops_per_token = 1e6};
  EXPECT_THAT(
      fit_lines(run, 77),
      testing::ElementsAre("01234567  kind=sink weight=0.01 lr=0.004 seed=11  step 42000/100000",
                           "  loss 2.2131 eval 2.2500 CV 0.52 sink 12% 310k tok/s 310 "
                           "GFLOP/s ETA 0:58"));
  EXPECT_EQ(fit_lines(run, 200).size(), 1u);
  for (const std::string& line : fit_lines(run, 20)) EXPECT_LE(line.size(), 20u);
  // Two keys of one last part keep their sections.
  run.label = "train.seed=1 data.seed=2";
  EXPECT_THAT(fit_lines(run, 200)[0], testing::HasSubstr("  train.seed=1 data.seed=2  step"));
}

TEST(Hindrances, AreWhatRunRefusesInJobsTooIfItIsNotTheComputer) {
  plan::Plan plan;
  plan.runs.resize(3);
  EXPECT_TRUE(hindrances(plan, false).empty());
  for (plan::RunSpec& run : plan.runs) run.config.run.device = config::Device::cuda;
  EXPECT_TRUE(hindrances(plan, true).empty());
  EXPECT_EQ(hindrances(plan, false).size(), gpu_count() > 0 ? 0u : 1u);
  for (plan::RunSpec& run : plan.runs) run.config.run.ranks = 2;
  ASSERT_EQ(hindrances(plan, true).size(), 1u) << "once for all runs";
  EXPECT_THAT(to_string(hindrances(plan, true)[0]),
              testing::HasSubstr("several ranks train on CPUs only"));
}

TEST(Summary, SaysWhatWasCutOffAndWhatNeverBegan) {
  plan::Plan plan;
  plan.name = "quick";
  const SweepSummary cut{.total = 6,
                         .done = 1,
                         .made = 1,
                         .open = 5,
                         .not_started = 3,
                         .interrupted = true,
                         .seconds = 5};
  EXPECT_EQ(to_text(cut, plan, "r.db"),
            "quick: 1 of 6 runs done (1 now), 2 interrupted, 3 not started, in 0:05\n"
            "next: the same command goes on; interrupted runs continue from their checkpoints");
  EXPECT_EQ(to_text({.total = 1, .done = 1}, plan, store::kDefaultDatabase),
            "quick: 1 of 1 run done (0 now), in 0:00\nnext: sinkmoe report");
}

}  // namespace
}  // namespace sinkmoe::queue
