// For commands that take a run: finds it by its run_id or the start of it.
#pragma once

#include <string>
#include <vector>

#include "store/read/query.h"

namespace sinkmoe::cli {

// Whether the text may be a run_id or the start of one: two or more hexadecimal digits.
bool looks_like_run(const std::string& text);

// The one run_id that starts with `prefix`. Throws Error: none, or several (named).
std::string find_run(const store::Reader& reader, const std::string& prefix);

// The same for several, each named once. Throws Error with every problem.
std::vector<std::string> find_runs(const store::Reader& reader,
                                   const std::vector<std::string>& prefixes);

}  // namespace sinkmoe::cli
