// The [layout] table of an artifact spec.
#pragma once

#include "report/spec/spec.h"
#include "report/spec/toml_table.h"

namespace sinkmoe::report {

Layout read_layout(const config::TomlValue& table, TomlProblems& problems);

// A column name, or { column, title }.
NamedColumn read_named_column(const config::TomlValue& value, const std::string& path,
                              TomlProblems& problems);

}  // namespace sinkmoe::report
