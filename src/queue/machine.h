// Describes this computer: cores, processor, GPUs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sinkmoe::queue {

int64_t usable_cores();        // that this process may run on
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
