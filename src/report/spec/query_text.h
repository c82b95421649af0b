// Parameters of an artifact's SQL: `:experiment`, and columns a database may lack.
#pragma once

#include <set>
#include <string>

namespace sinkmoe::report {

// True when :experiment stands in the SQL outside strings and comments.
bool uses_experiment(const std::string& sql);

// Puts the experiment's name (as an SQL string) for :experiment, and NULL for every word in
// `absent`; strings, quoted names and comments stay as they are. A trailing ';' is dropped.
std::string fill_query(const std::string& sql, const std::string& experiment,
                       const std::set<std::string>& absent);

}  // namespace sinkmoe::report
