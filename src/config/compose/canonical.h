// Converts a configuration to the text that databases, weights files and identities hold, and back.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "config/field_view.h"
#include "config/run_config.h"

namespace sinkmoe::config {

// "section.key = value" lines of every field, in field order. Parses back to the same config.
std::string canonical_text(const RunConfig& config);
std::string canonical_text(const std::vector<FieldView>& views);

// Only fields with `identity` whose value is not the default.
std::string identity_text(const RunConfig& config);
std::string identity_text(const std::vector<FieldView>& views);

// The lines of canonical_text for these sections; for "data", they are equal if the data is.
std::string section_text(const RunConfig& config, std::initializer_list<std::string_view> sections);

// Reads canonical_text (a stored run). Throws Error.
RunConfig parse_canonical(const std::string& text, const std::string& where);

struct Difference {
  std::string key, a, b;  // "": this side has no such option
};
// The fields in which two configurations differ, in field order. An option that only one side has
// differs if it is not at its default.
std::vector<Difference> differences(const RunConfig& a, const RunConfig& b);

}  // namespace sinkmoe::config
