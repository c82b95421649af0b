// What this computer has: cores, processor, GPUs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sinkmoe {

int64_t usable_cores();        // that this process may run on
std::string processor_name();  // model of the CPU
int64_t gpu_count();           // NVIDIA devices that this process may use

// Names of the GPUs to hand out, as CUDA_VISIBLE_DEVICES takes them: its own entries where it is
// set (`variable`; null: not), else 0 .. devices - 1. As for CUDA, the list ends at a negative
// entry.
std::vector<std::string> gpu_names(const char* variable, int64_t devices);
std::vector<std::string> gpu_names();
std::string gpu_model();  // model of the first, "" when there is none
int64_t oom_kills();      // processes the kernel killed for memory in this control group so far

}  // namespace sinkmoe
