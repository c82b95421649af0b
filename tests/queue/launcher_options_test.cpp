// What a launcher is asked for: arrays of runs, options and their file, the batch script.
#include "core/file.h"
#include "queue/launcher/submit.h"
#include "sweep_fixture.h"

namespace sinkmoe::queue {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Arrays, AreGenerationsOfRunsThatAskForTheSame) {
  const std::vector<RunToSubmit> runs = {{"a", "", 1},   {"b", "", 1},      {"c", "", 1},
                                         {"big", "", 8}, {"child", "a", 1}, {"orphan", "gone", 1}};
  LauncherOptions options;
  options.pack = 2;
  options.array_size = 1;
  std::vector<std::string> got;
  for (const ArrayPlan& array : arrays_of(runs, options))
    for (const auto& task : array.tasks) {
      std::string text =
          std::to_string(array.generation) + "/" + std::to_string(array.threads) + ":";
      for (const std::string& run : task) text += " " + run;
      got.push_back(text);
    }
  EXPECT_THAT(got, ElementsAre("0/1: a b", "0/1: c orphan", "0/8: big", "1/1: child"));
}

TEST(LauncherOptions, TimesAreThoseOfSlurm) {
  EXPECT_EQ(seconds_of_limit("30"), 1800);
  EXPECT_EQ(seconds_of_limit("5:30"), 330);
  EXPECT_EQ(seconds_of_limit("4:00:00"), 14400);
  EXPECT_EQ(seconds_of_limit("1-12"), 129600);
  EXPECT_EQ(seconds_of_limit("1-12:30"), 131400);
  EXPECT_EQ(seconds_of_limit("2-00:00:01"), 172801);
  for (const char* bad :
       {"", "soon", "1:2:3:4", "-5", "0", "1h", "4:99", "1:60:00", "1:00:60", "1-24", "1-1:60"})
    EXPECT_THROW(seconds_of_limit(bad), Error) << bad;
}

TEST(LauncherOptions, MemoryAndNamesHaveTheFormOfSlurm) {
  const auto refused = [](auto&& change) {
    LauncherOptions options;
    change(options);
    try {
      check(options);
    } catch (const Error& e) {
      return e.problems()[0].where;
    }
    return std::string("fine");
  };
  for (const char* good : {"", "0", "8000", "8G", "512M", "1t"})
    EXPECT_EQ(refused([&](LauncherOptions& o) { o.mem = good; }), "fine") << good;
  for (const char* bad : {"8X", "8GB", "G", "8.5G", "8 G", "-8G", "many"})
    EXPECT_EQ(refused([&](LauncherOptions& o) { o.mem = bad; }), "launcher option mem") << bad;
  for (const char* good : {"gpu", "long,short", "lab-7_a.b", "user@site"})
    EXPECT_EQ(refused([&](LauncherOptions& o) { o.partition = good; }), "fine") << good;
  for (const char* bad : {"my \"lab\"", "a b", "x;y", "$HOME", "it's"})
    EXPECT_EQ(refused([&](LauncherOptions& o) { o.account = bad; }), "launcher option account")
        << bad;
}

TEST(LauncherOptions, AreReadFromAFile) {
  const Folder root;
  fs::create_directories(root / "launcher");
  write_file_atomic(
      root / "launcher/site.toml",
      "time = \"2:00:00\"\npack = 4\npoll_seconds = 5\nsbatch_option = [\"--exclusive\"]\n");
  const LauncherOptions options = read_launcher_options(root / "", "site");
  EXPECT_EQ(options.time, "2:00:00");
  EXPECT_EQ(options.pack, 4);
  EXPECT_EQ(options.poll_seconds, 5);
  EXPECT_THAT(options.sbatch_option, ElementsAre("--exclusive"));
  EXPECT_EQ(options.signal_seconds, 120) << "what the file does not say has its default";
  write_file_atomic(root / "launcher/bad.toml", "partitoin = \"x\"\npack = \"many\"\n");
  try {
    read_launcher_options(root / "", "bad");
    FAIL() << "two mistakes were read";
  } catch (const Error& e) {
    EXPECT_EQ(e.problems().size(), 2u);
    EXPECT_THAT(e.what(), HasSubstr("did you mean 'partition'"));
  }
  EXPECT_THROW(read_launcher_options(root / "", "nowhere"), Error);
}

TEST(LauncherOptions, WhatCannotBeIsRefused) {
  LauncherOptions options;
  options.time = "3";
  EXPECT_THROW(check(options), Error) << "120 s before the end of 3 minutes";
  options.signal_seconds = 60;
  check(options);
  options.partition = "a\n#SBATCH --wrap=x";
  EXPECT_THROW(check(options), Error);
  options.partition = "";
  options.sbatch_option = {"rm -rf"};
  EXPECT_THROW(check(options), Error);
}

TEST(Slurm, WritesAScriptThatAPersonCanRead) {
  LauncherOptions options;
  options.partition = "gpu";
  options.time = "4:00:00";
  options.array_limit = 8;
  options.setup = "module load cuda";
  options.sbatch_option = {"--constraint=h100"};
  const ArrayJob job{.experiment = "quick",
                     .folder = "/scratch/my runs/r.jobs/quick-1",
                     .program = "/cluster/sinkmoe",
                     .workdir = "/cluster",
                     .tasks = {{"a", "b"}, {"c"}},
                     .cpus = 4,
                     .gpus = 1};
  EXPECT_EQ(Registry<Launcher>::get("slurm").script(job, options), R"(#!/bin/bash
# 3 runs of the experiment quick, in 2 tasks.
# Each run is trained in a database of its own; 'sinkmoe run ... --launcher slurm' collects them.
#SBATCH --job-name=sinkmoe-quick-1
#SBATCH --array=0-1%8
#SBATCH --chdir=/cluster
#SBATCH --output="/scratch/my runs/r.jobs/quick-1/task-%a.txt"
#SBATCH --open-mode=append
#SBATCH --requeue
#SBATCH --signal=B:USR1@120
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=4
#SBATCH --gpus-per-task=1
#SBATCH --partition=gpu
#SBATCH --time=4:00:00
#SBATCH --constraint=h100
set -euo pipefail
module load cuda
exec /cluster/sinkmoe task '/scratch/my runs/r.jobs/quick-1'
)");
}

}  // namespace
}  // namespace sinkmoe::queue
