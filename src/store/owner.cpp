#include "store/owner.h"

#include <fcntl.h>
#include <limits.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <optional>

#include "core/system/process_stat.h"
#include "core/text/split_join.h"

namespace sinkmoe::store {

namespace {

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "unknown";
}

std::string boot_name() {
  std::string boot;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id") >> std::ws, boot);
  std::array<char, 128> space{};
  const ssize_t n = ::readlink("/proc/self/ns/pid", space.data(), space.size());
  return boot + "/" + (n > 0 ? std::string(space.data(), static_cast<size_t>(n)) : "");
}

int64_t clock_us(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000;
}

}  // namespace

Owner this_process() {
  const int64_t pid = ::getpid();
  const std::optional<ProcessStat> stat = process_stat(pid);
  return {host_name(), boot_name(), pid, stat ? stat->start : 0};
}

Owner job_owner(const std::string& folder, int64_t task) {
  return {"scheduler", kJobMark + folder, task, 0};
}

bool is_job(const Owner& owner) { return owner.boot.starts_with(kJobMark); }

std::string job_folder_of(const Owner& owner) {
  return is_job(owner) ? owner.boot.substr(std::char_traits<char>::length(kJobMark)) : "";
}

Life life_of(const Owner& owner) {
  if (is_job(owner)) return Life::alive;
  const Owner here = this_process();
  if (owner.boot != here.boot) {
    const auto boot_id = [](const std::string& boot) { return split(boot, '/')[0]; };
    // The same host after a reboot: earlier processes are gone.
    const bool rebooted = owner.host == here.host && boot_id(owner.boot) != boot_id(here.boot);
    return rebooted ? Life::dead : Life::unknown;
  }
  const std::optional<ProcessStat> stat = process_stat(owner.pid);
  return stat && stat->start == owner.start && !stat->ended() ? Life::alive : Life::dead;
}

char process_state(int64_t pid) {
  const std::optional<ProcessStat> stat = process_stat(pid);
  return stat ? stat->state : '\0';
}

int64_t boot_clock_us() { return clock_us(CLOCK_BOOTTIME); }
int64_t wall_clock_us() { return clock_us(CLOCK_REALTIME); }

}  // namespace sinkmoe::store
