#include "queue/machine.h"

#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/file.h"
#include "core/text/number.h"
#include "core/text/split_join.h"
#include "store/owner.h"

namespace sinkmoe::queue {

namespace fs = std::filesystem;

namespace {

// The text after "KEY<spaces>: " in the first line of a file that starts with KEY.
std::string value_in(const fs::path& path, const std::string& key) {
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(key) && line.find(':') != std::string::npos)
      return std::string(trim(line.substr(line.find(':') + 1)));
  return "";
}

// Time in cores, from a quota and a period in microseconds.
std::optional<double> limit_of(const std::string& quota, const std::string& period) {
  const auto time = parse_number<double>(quota), of = parse_number<double>(period);
  if (!time || !of || *time <= 0 || *of <= 0) return std::nullopt;  // "max" or -1: no limit
  return *time / *of;
}

std::optional<double> limit_of_second(const fs::path& group) {
  std::string quota, period;
  std::ifstream(group / "cpu.max") >> quota >> period;
  return limit_of(quota, period);
}

std::optional<double> limit_of_first(const fs::path& group) {
  std::string quota, period;
  std::ifstream(group / "cpu.cfs_quota_us") >> quota;
  std::ifstream(group / "cpu.cfs_period_us") >> period;
  return limit_of(quota, period);
}

}  // namespace

std::optional<double> processor_limit(const fs::path& membership, const fs::path& mounted) {
  std::optional<double> lowest;
  std::ifstream file(membership);
  for (std::string line; std::getline(file, line);) {  // "0::/a/b" or "4:cpu,cpuacct:/a/b"
    const std::vector<std::string> parts = split(line, ':');
    if (parts.size() < 3) continue;
    const std::vector<std::string> controllers = split(parts[1], ',');
    const bool second = parts[1].empty();
    if (!second && std::find(controllers.begin(), controllers.end(), "cpu") == controllers.end())
      continue;
    const fs::path root = second ? mounted : mounted / "cpu";
    // A container may show the path on its host, which does not exist inside it: then only the root counts.
    for (fs::path group = fs::path(parts[2]).relative_path();; group = group.parent_path()) {
      const auto limit = second ? limit_of_second(root / group) : limit_of_first(root / group);
      if (limit) lowest = std::min(lowest.value_or(*limit), *limit);
      if (group.empty()) break;
    }
  }
  return lowest;
}

int64_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  const int64_t cores =
      ::sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
  const auto limit = processor_limit("/proc/self/cgroup", "/sys/fs/cgroup");
  return limit ? std::clamp(static_cast<int64_t>(*limit), int64_t{1}, cores) : cores;
}

std::string processor_name() {
  const std::string name = value_in("/proc/cpuinfo", "model name");
  return name.empty() ? "unknown" : name;
}

std::string processor_text() {
  const fs::path cpu = "/proc/cpuinfo";
  std::string details;
  for (const auto& [key, word] :
       {std::pair("cpu family", "family "), {"model\t", "model "}, {"stepping", "stepping "}})
    if (const std::string value = value_in(cpu, key); !value.empty())
      details += word + value + ", ";
  const std::string flags = " " + value_in(cpu, "flags") + " ";
  std::string widest = "no avx";
  for (const auto& [flag, name] :
       {std::pair("avx512f", "avx512"), {"avx2", "avx2"}, {"avx", "avx"}})
    if (flags.find(std::string(" ") + flag + " ") != std::string::npos) {
      widest = name;
      break;
    }
  return processor_name() + " (" + details + widest + ")";
}

std::vector<std::string> gpus() {
  std::vector<std::string> devices;
  for (const std::string& name : folder_names("/dev")) {
    if (name.starts_with("nvidia") && name.size() > 6 &&
        name.find_first_not_of("0123456789", 6) == std::string::npos)
      devices.push_back(std::to_string(devices.size()));  // CUDA numbers the devices from 0
  }
  const char* chosen = std::getenv("CUDA_VISIBLE_DEVICES");
  if (devices.empty() || !chosen) return devices;
  devices.clear();
  for (const std::string& device : split(chosen, ','))
    if (const auto name = trim(device); !name.empty() && name != "-1" && name != "NoDevFiles")
      devices.emplace_back(name);
  return devices;
}

bool is_stopped(int64_t pid) {
  const char state = store::process_state(pid);
  return state == 'T' || state == 't';
}

std::string gpu_name() {
  const fs::path gpus = "/proc/driver/nvidia/gpus";
  for (const std::string& gpu : folder_names(gpus)) {
    const std::string name = value_in(gpus / gpu / "information", "Model");
    if (!name.empty()) return name;
  }
  return "";
}

int64_t oom_kills() {
  std::ifstream file("/sys/fs/cgroup/memory.events");
  std::string key;
  for (int64_t value = 0; file >> key >> value;)
    if (key == "oom_kill") return value;
  return 0;
}

}  // namespace sinkmoe::queue
