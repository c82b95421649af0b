// For commands that take a run and use its final weights.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "config/run_config.h"
#include "data/tokens/tokenizer.h"

namespace sinkmoe::cli {

struct FinalModel {
  std::string run_id;
  config::RunConfig config;
  std::filesystem::path weights;
  std::string tokenizer_hash;  // "": the run's data have none, or an early version stored the run
};

// `run` is a run_id or the start of one. Reads the database only. Throws Error: no such run, not
// done, its weights are missing or damaged.
FinalModel find_final_model(const std::filesystem::path& db, const std::string& run);

// The tokenizer of the text that the run was trained on. Throws Error: the text set is missing, or
// was imported again with another tokenizer.
std::unique_ptr<data::Tokenizer> tokenizer_of(const FinalModel& model);

}  // namespace sinkmoe::cli
