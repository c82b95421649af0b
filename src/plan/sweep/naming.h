// Turns drafts into named runs: identities, controls, duplicates, order, labels.
#pragma once

#include <vector>

#include "plan/plan.h"
#include "plan/sweep/resolver.h"

namespace sinkmoe::plan {

// Fills runs, skipped and duplicates of `plan`. Throws Error (the data of a run cannot be used).
void name_runs(Plan& plan, const Resolver& resolver, std::vector<Draft>& drafts,
               const DataContents& data_contents);

}  // namespace sinkmoe::plan
