// The [[expect]] entries of an artifact spec: claims about cells, with their rules.
#pragma once

#include "report/spec/spec.h"
#include "report/spec/toml_table.h"

namespace sinkmoe::report {

// One entry may name several values of a key (`variant = ["vanilla",
// "sink"]`): one expectation each.
std::vector<Expectation> read_expectations(const config::TomlValue& entry, TomlProblems& problems);

// Text of a key value: a string as it is, a number in its shortest form. Notes a
// problem for other kinds.
std::string key_text(const config::TomlValue& value, const std::string& path, TomlProblems& problems);

}  // namespace sinkmoe::report
