// For commands that take a run and use its final weights.
#pragma once

#include <filesystem>
#include <string>

#include "config/run_config.h"

namespace sinkmoe::cli {

struct FinalModel {
  std::string run_id;
  config::RunConfig config;
  std::filesystem::path weights;
};

// `run` is a run_id or the start of one. Reads the database only. Throws Error: no such run, not
// done, its weights are missing or damaged.
FinalModel find_final_model(const std::filesystem::path& db, const std::string& run);

}  // namespace sinkmoe::cli
