// The [[expect]] entries of an artifact spec: claims about cells, with their rules.
#pragma once

#include "report/spec/spec.h"
#include "report/spec/toml_table.h"

namespace sinkmoe::report {

// An entry may name several values of a key (`variant = ["vanilla", "sink"]`); each becomes one
// expectation.
std::vector<Expectation> read_expectations(const config::TomlValue& entry, TomlProblems& problems);

// The text of a key value: a string as it is, a number in its shortest form. Adds a problem for
// other kinds.
std::string key_text(const config::TomlValue& value, const std::string& path,
                     TomlProblems& problems);

}  // namespace sinkmoe::report
