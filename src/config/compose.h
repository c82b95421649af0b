// Layers of TOML -> one typed RunConfig, or every error at once.
//
// Order, last wins: field defaults -> configs/base.toml -> the groups it lists, in its order -> the experiment file
// -> the command line. `train.lr=1e-3` sets, `+train.lr=..` adds a key that no layer set, `~train.lr` takes a key back
// to its default, `model=wide` takes configs/model/wide.toml for the group model.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "config/run_config.h"
#include "core/error.h"

namespace sinkmoe {

// A value on its way into a field: the TOML text of it and where it was written.
struct Setting {
  std::string key;    // "train.lr"
  std::string value;  // TOML literal: 1e-3, "sink", true
  std::string where;  // "configs/model/small.toml:3:1" or "argument 'train.lr=1e-3'"
  std::string layer;  // "default", "configs/base.toml", "model=small", "experiment", "command line", "sweep"
};

struct Composed {
  RunConfig config;
  std::map<std::string, std::vector<Setting>> history;  // key -> every layer that set it, in order
};

// Applies settings in order on top of the defaults. Throws Error with every problem: unknown key (near names), wrong
// type, out of range, not a choice, inconsistent (width not divisible by heads, m >= heads, ...).
Composed compose(const std::vector<Setting>& settings);

// Checks across fields; empty when all is well.
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

}  // namespace sinkmoe
