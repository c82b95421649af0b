// Fills the parameters of an artifact's SQL, and the columns that a database may lack.
#pragma once

#include <map>
#include <set>
#include <string>

namespace sinkmoe::report {

// True if :experiment occurs in the SQL outside strings and comments.
bool uses_experiment(const std::string& sql);

// Replaces each ":name" of `parameters` by its value (as an SQL string), and every word in `absent` by
// NULL. Strings, quoted names and comments are not changed. A trailing ';' is dropped.
std::string fill_query(const std::string& sql, const std::map<std::string, std::string>& parameters,
                       const std::set<std::string>& absent);

}  // namespace sinkmoe::report
