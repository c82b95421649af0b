// Apart from plan.cpp, so that a program with a data identity of its own need not
// link any data source.
#include "data/source.h"
#include "plan/plan.h"

namespace sinkmoe::plan {

Plan make_plan(const PlanRequest& request) { return make_plan(request, data::data_identity); }

}  // namespace sinkmoe::plan
