// Options that the chosen plug-in does not read.
#pragma once

#include <vector>

#include "config/consistency.h"

namespace sinkmoe::config {

// One entry for each field that is not at its default, that some plug-in of a kind names as what it
// reads, and that the chosen plug-in of this kind does not: attention.gate_form under
// attention.kind = vanilla. Such a field would rename the run and change nothing. Empty for a kind
// whose chosen plug-in this program does not know.
std::vector<Inconsistency> find_foreign_options(const RunConfig& config);

}  // namespace sinkmoe::config
