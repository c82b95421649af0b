// Describes this computer: cores, processor, GPUs.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace sinkmoe::queue {

// Cores that this process may use: those it may run on (affinity), but not more than the limit of its control groups, as a
// container has it. A limit between two whole numbers is rounded down; at least 1.
int64_t usable_cores();
// The lowest limit of processor time, in cores, of a process and its control groups (versions 1 and 2); nothing without a
// limit. `membership` is its /proc/PID/cgroup, `mounted` the folder /sys/fs/cgroup.
std::optional<double> processor_limit(const std::filesystem::path& membership,
                                      const std::filesystem::path& mounted);
std::string processor_name();  // model of the CPU
// The same with what tells processors of one name apart, because their bits may differ: "AMD EPYC
// (family 25, model 17, stepping 1, avx512)". The last word is the widest of avx512, avx2, avx that it has.
std::string processor_text();
// The NVIDIA devices that may be used, as in CUDA_VISIBLE_DEVICES (without it, their numbers).
std::vector<std::string> gpus();
inline int64_t gpu_count() { return static_cast<int64_t>(gpus().size()); }
std::string gpu_name();        // model of the first, "" if there is none
bool is_stopped(int64_t pid);  // by SIGSTOP or a debugger
int64_t oom_kills();  // processes in this control group that the kernel has killed for memory

}  // namespace sinkmoe::queue
