// Identifies the process that holds a lease, so that a later process with the same pid is not
// mistaken for it.
#pragma once

#include <cstdint>
#include <string>

namespace sinkmoe::store {

struct Owner {
  std::string host;
  std::string boot;  // boot id and process namespace: pids are comparable only where both are equal
  int64_t pid = 0;
  int64_t start = 0;  // start time of the process in clock ticks since boot
  bool operator==(const Owner&) const = default;
};

Owner this_process();

// Whether the owner may still be running. `unknown`: it is on another host or in another container.
enum class Life { alive, dead, unknown };
Life life_of(const Owner& owner);

// A job that waits or runs under a scheduler holds a run as if it were a process that lives: only the launcher that submitted
// it knows when it has ended. `folder` is the name of the job's folder, `task` the number in its array.
Owner job_owner(const std::string& folder, int64_t task);
bool is_job(const Owner& owner);
std::string job_folder_of(const Owner& owner);  // "" if the owner is no job
// How long such a lease lasts: until it is released.
inline constexpr int64_t kJobLease_us = int64_t{100'000'000'000} * 1'000'000;
// What the column lease.boot of a job begins with, for SQL.
inline constexpr const char* kJobMark = "job/";

// As in /proc: R running, S sleeping, T stopped, Z dead; 0 if there is no such process.
char process_state(int64_t pid);

int64_t
boot_clock_us();  // since boot, suspended time included; comparable between processes of one host
int64_t wall_clock_us();  // since 1970, UTC

}  // namespace sinkmoe::store
