// Options that the chosen plug-in does not read.
#pragma once

#include <vector>

#include "config/consistency.h"

namespace sinkmoe::config {

// One entry for each option that is not at its default and belongs to another plug-in than the
// chosen one: attention.gated.form under attention.kind = vanilla. Such an option would change
// nothing. An option that was set by a key which several plug-ins share is refused only where the
// chosen one does not share it. Empty for a section whose chosen plug-in this program does not know.
std::vector<Inconsistency> find_foreign_options(const RunConfig& config);

}  // namespace sinkmoe::config
