// Checks names that may become part of a path.
#pragma once

#include <cstddef>
#include <string_view>

namespace sinkmoe {

// [A-Za-z0-9._-]{1,64}, not starting with '.'.
bool safe_name(std::string_view name);

// Maximum length of the name of an experiment with overrides.
inline constexpr size_t kExperimentName = 120;
// A safe_name, or one with overrides: also '+', '=', ',' and '@', up to kExperimentName characters.
bool safe_experiment_name(std::string_view name);

}  // namespace sinkmoe
