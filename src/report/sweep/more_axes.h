// Fits an artifact to an experiment that varies more than the artifact's keys: the missing axes
// become rows of the table, lines or panels of the figure.
#pragma once

#include <vector>

#include "report/document/document.h"
#include "report/sweep/axes.h"

namespace sinkmoe::report {

// Adds the axes to the spec's keys and their values to the rows of the input. The rules of the
// artifact are dropped, because they name no value of these axes; the caption says so.
void add_axes(Spec& spec, DocumentInput& input, const std::vector<Axis>& axes,
              const QueryFunction& query);

}  // namespace sinkmoe::report
