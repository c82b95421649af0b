// One attempt at one run, as training gets it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "config/run_config.h"

namespace sinkmoe::config {

struct Job {
  std::string run_id;
  RunConfig config;
  std::filesystem::path folder;                 // of the run: checkpoints and final weights
  std::optional<std::filesystem::path> resume;  // newest checkpoint whose hash was checked
  int64_t resume_step = 0;                      // its step
  std::optional<std::filesystem::path> initial_weights;  // final weights of the init_from run
  std::string data;  // content hashes of the data in the plan (data/source.h); "": any
};

}  // namespace sinkmoe::config
