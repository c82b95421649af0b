#include "queue/machine.h"

#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "core/text.h"

namespace sinkmoe {

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

}  // namespace

int64_t usable_cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return ::sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

std::string processor_name() {
  const std::string name = value_in("/proc/cpuinfo", "model name");
  return name.empty() ? "unknown" : name;
}

namespace {

// Device files of GPUs. A container may show /dev/nvidia3 alone.
int64_t gpu_device_files() {
  int64_t count = 0;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/dev", error)) {
    const std::string name = entry.path().filename();
    const std::string number = name.starts_with("nvidia") ? name.substr(6) : "";
    count += !number.empty() && number.find_first_not_of("0123456789") == std::string::npos;
  }
  return count;
}

}  // namespace

std::vector<std::string> gpu_names(const char* variable, int64_t devices) {
  std::vector<std::string> names;
  if (devices == 0) return names;
  if (!variable) {
    for (int64_t i = 0; i < devices; ++i) names.push_back(std::to_string(i));
    return names;
  }
  for (const std::string& entry : split(variable, ',')) {
    const std::string name(trim(entry));
    if (name.empty() || name.starts_with('-')) break;
    names.push_back(name);
  }
  return names;
}

std::vector<std::string> gpu_names() {
  return gpu_names(std::getenv("CUDA_VISIBLE_DEVICES"), gpu_device_files());
}

int64_t gpu_count() { return static_cast<int64_t>(gpu_names().size()); }

std::string gpu_model() {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator("/proc/driver/nvidia/gpus", error)) {
    const std::string name = value_in(entry.path() / "information", "Model");
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

}  // namespace sinkmoe
