// What `sinkmoe heads` stores: a run of no training steps, whose configuration names the model and
// the token rows by their hashes.
#pragma once

#include <filesystem>
#include <string>

#include "plan/plan.h"
#include "pretrained/heads.h"

namespace sinkmoe::cli {

struct MeasuredInput {
  const pretrained::Model& model;
  const pretrained::TokenRows& rows;
  std::string folder;  // of the model or its adapters, as the user gave it
  std::string text;    // where the rows come from
  int64_t bos = -1;    // id at the start of each row; -1: none
};

// The run's identity. Reads all weights once (pretrained/model_hash.h).
plan::RunSpec measured_run(const MeasuredInput& input);

// Whether the database holds the results of the run. Throws Error: not a database of results. A
// missing file is empty.
bool is_stored(const std::filesystem::path& db, const std::string& run_id);

// Creates the run in the list "heads" of the database, and writes all results. Does nothing if the
// run is done already. Throws Error: another process stores the same run.
void store_measured(const std::filesystem::path& db, const plan::RunSpec& run,
                    const pretrained::HeadsResult& result);

}  // namespace sinkmoe::cli
