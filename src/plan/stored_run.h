// Checks that a stored run matches its run_id, for runs of another database.
#pragma once

#include <string>

#include "config/run_config.h"

namespace sinkmoe::plan {

// The contradiction to the run_id, or "". The canonical configuration must parse, give the identity
// text, and hash to the run_id together with the parent's run_id and the data hash. If the data is
// missing here (a text of another computer), the last check is skipped.
std::string contradiction(const std::string& run_id, const std::string& parent_id,
                          const std::string& config, const std::string& identity);

// The data_contents (data/source.h) of a stored run that is to be made again. Throws Error, with
// both hashes: with the data found now the configuration is not this run.
std::string verified_data(const std::string& run_id, const std::string& parent_id,
                          const config::RunConfig& config);

}  // namespace sinkmoe::plan
