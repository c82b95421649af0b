// The standard table and figures of any sweep, as specs of artifacts.
#pragma once

#include <string>
#include <vector>

#include "report/spec/spec.h"
#include "report/sweep/axes.h"

namespace sinkmoe::report {

// sweep_table: a row for each point of the sweep, with the main metrics of its runs. Figures:
// loss, imbalance and accuracy during training, and at the end over the sweep's largest number
// axis. Empty if no run has a number yet.
std::vector<Spec> sweep_specs(const QueryFunction& query, const std::string& experiment);

// The table alone, over one or more experiments; with several, a column of the table for each and
// the differences to the first.
Spec sweep_table(const QueryFunction& query, const Sweep& sweep);

}  // namespace sinkmoe::report
