// Finds options that the chosen plug-in does not read.
#pragma once

#include <vector>

#include "config/consistency.h"

namespace sinkmoe::config {

// One entry for each option that is not at its default and belongs to another plug-in than the
// chosen one: attention.gated.form under attention.kind = vanilla. Such an option would change
// nothing. An option that was set by a shared key is refused only if the chosen plug-in does not
// share the key. Empty for a section whose chosen plug-in is unknown to this program.
std::vector<Inconsistency> find_foreign_options(const RunConfig& config);

}  // namespace sinkmoe::config
