// What this computer has: cores, processor, GPUs.
#pragma once

#include <cstdint>
#include <string>

namespace sinkmoe {

int64_t usable_cores();        // that this process may run on
std::string processor_name();  // model of the CPU
int64_t gpu_count();           // NVIDIA devices that are visible
std::string gpu_name();        // model of the first, "" when there is none
int64_t oom_kills();  // processes the kernel killed for memory in this control group so far

}  // namespace sinkmoe
