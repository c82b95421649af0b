// Is a stored run what its name says? Asked of runs that were made elsewhere.
#pragma once

#include <string>

namespace sinkmoe::plan {

// What contradicts the run_id, or "": the canonical configuration must read back, give the identity
// text, and hash to the run_id with the parent's run_id and the hash of its data. Where the data is
// not at hand (a text set of another computer) the last is left out.
std::string contradiction(const std::string& run_id, const std::string& parent_id,
                          const std::string& config, const std::string& identity);

}  // namespace sinkmoe::plan
