// Parses the text of a condition to a checked syntax tree. Used by Condition alone.
#pragma once

#include <string>

#include "plan/condition/condition.h"

namespace sinkmoe::plan {

// Throws like the constructor of Condition.
Condition::Node parse_condition(const std::string& text, const std::string& where,
                                const KeyType& type_of);

}  // namespace sinkmoe::plan
