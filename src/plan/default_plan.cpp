// Separate from plan.cpp, so that a program with its own data identity does not need to link any
// data source.
#include "data/source.h"
#include "plan/plan.h"

namespace sinkmoe::plan {

Plan make_plan(const PlanRequest& request) { return make_plan(request, data::data_contents); }

}  // namespace sinkmoe::plan
