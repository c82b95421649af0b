// How a sweep is started: the options of `sinkmoe run --launcher NAME`. They decide no number, so they are no part of a run.
//
// The layers, a later one wins: the defaults below, configs/launcher/NAME.toml, the command line.
#pragma once

#include <concepts>
#include <cstdint>
#include <filesystem>
#include <string>
#include <type_traits>
#include <vector>

#include "core/registry.h"

namespace sinkmoe::queue {

struct LauncherOptions {
  std::string partition, time, account, qos, mem, setup;
  int64_t gpus_per_task = 0, cpus_per_task = 0, array_limit = 0, pack = 1, array_size = 1000;
  int64_t signal_seconds = 120;
  double poll_seconds = 15;
  std::vector<std::string> sbatch_option;
};

// The only list of the keys, with unit, range and help. A key `array_limit` is the option --array-limit.
template <class C, class F>
  requires std::same_as<std::remove_const_t<C>, LauncherOptions>
void fields(C& c, F&& f) {
  f(FieldInfo{.key = "partition", .help = "partition of the jobs; default: the site's"},
    c.partition);
  f(FieldInfo{.key = "time", .help = "time limit of a task, as Slurm writes it: 30, 4:00:00, 1-12"},
    c.time);
  f(FieldInfo{.key = "account", .help = "account that pays"}, c.account);
  f(FieldInfo{.key = "qos", .help = "quality of service"}, c.qos);
  f(FieldInfo{.key = "mem", .help = "memory of a task: 8G"}, c.mem);
  f(FieldInfo{"gpus_per_task", "GPUs of a task; 0: 1 for runs with run.device = cuda", "", 0, 64},
    c.gpus_per_task);
  f(FieldInfo{"cpus_per_task", "cores of a task; 0: as many as the runs have threads", "", 0, 1024},
    c.cpus_per_task);
  f(FieldInfo{"array_limit", "tasks at a time; 0: no limit", "", 0, 1e6}, c.array_limit);
  f(FieldInfo{"pack", "runs of a task, one after the other", "runs", 1, 10000}, c.pack);
  f(FieldInfo{"array_size", "most tasks of one array (the site's MaxArraySize)", "", 1, 1e6},
    c.array_size);
  f(FieldInfo{"signal_seconds", "how long before its time limit a task writes a checkpoint", "s", 1,
              65535},
    c.signal_seconds);
  f(FieldInfo{"poll_seconds", "how often the scheduler is asked", "s", 0.2, 3600}, c.poll_seconds);
  f(FieldInfo{.key = "setup", .help = "shell lines before the program starts: module load cuda"},
    c.setup);
  f(FieldInfo{.key = "sbatch_option",
              .help = "another line for the batch script: --constraint=h100; may be repeated"},
    c.sbatch_option);
}

// Reads configs/launcher/NAME.toml. Throws Error with every problem: no such file, unknown key (near names), wrong type.
LauncherOptions read_launcher_options(const std::filesystem::path& config_root,
                                      const std::string& name);
// Throws Error with every problem: out of range, a time that is no time, a signal that comes too early for it, a text with
// a line break.
void check(const LauncherOptions& options);

// Seconds of a time limit: "30" are minutes; "MM:SS", "HH:MM:SS", "D-HH", "D-HH:MM", "D-HH:MM:SS". Throws Error.
int64_t seconds_of_limit(const std::string& text);

}  // namespace sinkmoe::queue
