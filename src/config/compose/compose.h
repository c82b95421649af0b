// From layers of TOML to one typed RunConfig, or to every error at once.
//
// The layers, from first to last; a later one wins:
//
//   1. the defaults of the fields (config/run_config.h)
//   2. configs/base.toml
//   3. the group options that base.toml lists, in its order
//   4. the experiment file
//   5. the command line (config/compose/override.h)
//
// A key that is not a field is unknown, with or without a leading "+".
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/run_config.h"
#include "core/error.h"

namespace sinkmoe::config {

// A command-line argument, and where in it a key and a value stand (bytes), for the
// caret under an error.
struct ArgumentSpan {
  std::string text;  // empty: not from the command line
  size_t key_at = 0, key_length = 0, value_at = 0, value_length = 0;
};

// A value on its way into a field: the TOML text of it and where it was written.
struct Setting {
  std::string key;     // "train.lr"
  std::string value;   // TOML literal: 1e-3, "sink", true
  std::string where;   // "configs/model/small.toml:3:1" or "argument 'train.lr=1e-3'"
  std::string layer;   // "default", "configs/base.toml", "model=small", "experiment", "command
                       // line", "sweep"
  bool reset = false;  // `~key`: back to the default; `value` is empty
  ArgumentSpan argument = {};
};

struct Composed {
  RunConfig config;
  // key -> default, then every layer that set it
  std::map<std::string, std::vector<Setting>> history;
};

// Applies settings in order on top of the defaults. Throws Error with every problem: unknown key
// (near names), wrong type, out of range, not a choice, inconsistent (width not divisible by heads,
// m >= heads, ...).
// With `ForeignOptions::kept`, options that the chosen plug-in does not read are no error: the
// text of a stored run lists every field.
enum class ForeignOptions { refused, kept };
Composed compose(const std::vector<Setting>& settings,
                 ForeignOptions foreign = ForeignOptions::refused);

// One setting on top of `config`. Returns the problem, and leaves the field as it was, when
// the setting is wrong.
std::optional<Problem> apply(RunConfig& config, const Setting& setting);

// Checks across fields, and options that the chosen plug-in does not read; empty when all is well.
std::vector<Problem> inconsistencies(const RunConfig& config);

// "section.key = value" lines of every field in field order; reads back to the same config.
std::string canonical_text(const RunConfig& config);
// Only fields with `identity` whose value is not the default.
std::string identity_text(const RunConfig& config);
// Reads canonical_text (a stored run). Throws Error.
RunConfig parse_canonical(const std::string& text, const std::string& where);

struct FieldView {
  std::string key, type, value, default_value;  // type: "int", "float", "bool", "string"
  FieldInfo info;
};
std::vector<FieldView> field_views(const RunConfig& config);

// "section.key" of every field, in field order.
const std::vector<std::string>& field_keys();
// "int", "float", "bool" or "string"; "" when `key` is no field.
std::string field_type(const std::string& key);

struct Difference {
  std::string key, a, b;
};
// The fields in which two configurations differ, in field order.
std::vector<Difference> differences(const RunConfig& a, const RunConfig& b);

}  // namespace sinkmoe::config
