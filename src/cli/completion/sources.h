// The lists of names behind candidates.h. Each lists all names; the caller keeps those that match.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "cli/completion/candidates.h"

namespace sinkmoe::cli {

// Names for a word of a usage text: EXPERIMENT, RUN, METRIC, ARTIFACT, KEY, QUERY, TAG, or several
// with '|' between. Empty for other words (FILE, N). `plans`: see Command.
std::vector<Candidate> names_for(const std::string& placeholder, const std::filesystem::path& db,
                                 bool plans);

// For an override: "KEY=" and "GROUP=" as long as `word` has no '=', then values of that key. After
// a comma, values for the next item of the list that are not in it yet. A leading '+' or '~' stays.
std::vector<Candidate> override_candidates(const std::string& word);

}  // namespace sinkmoe::cli
