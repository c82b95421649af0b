// A judgement as JSON: the same in the files of a report and in `sinkmoe --json check`.
#pragma once

#include <nlohmann/json.hpp>

#include "report/judge/judgement.h"

namespace sinkmoe::report {

// Numbers have six significant digits, so that they do not depend on the build.
nlohmann::ordered_json json_judgement(const Judgement& judgement);

}  // namespace sinkmoe::report
