// Text of a condition -> checked syntax tree; used by Condition alone.
#pragma once

#include <string>

#include "plan/sweep/condition.h"

namespace sinkmoe::plan {

// Throws as Condition's constructor does.
Condition::Node parse_condition(const std::string& text, const std::string& where,
                                const KeyType& type_of);

}  // namespace sinkmoe::plan
