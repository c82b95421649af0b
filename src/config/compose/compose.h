// Composes layers of TOML to one typed RunConfig, or reports every error at once.
//
// The layers, from first to last; a later one wins:
//
//   1. the defaults of the fields (config/run_config.h)
//   2. configs/base.toml
//   3. the group options that base.toml lists, in its order
//   4. the experiment file
//   5. the command line (config/compose/override.h)
//
// A key that is neither a field nor an option of a plug-in is unknown, with or without a leading
// "+".
#pragma once

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/run_config.h"
#include "config/toml/toml_values.h"
#include "core/error.h"

namespace sinkmoe::config {

// A command-line argument, with the byte positions of key and value, for the caret under an error.
struct ArgumentSpan {
  std::string text;  // empty: not from the command line
  size_t key_at = 0, key_length = 0, value_at = 0, value_length = 0;
};

// A value for a field, and the place where it was written.
struct Setting {
  std::string key;     // "train.lr"; for an option also the key under which it is stored
  TomlValue value;     // a scalar
  std::string where;   // "configs/model/small.toml:3:1" or "argument 'train.lr=1e-3'"
  std::string layer;   // "default", "configs/base.toml", "model=small", "experiment", "command
                       // line", "sweep"
  bool reset = false;  // `~key`: back to the default; `value` means nothing
  ArgumentSpan argument = {};
};

struct Composed {
  RunConfig config;
  // key -> default, then every layer that set it. A setting of a key that several plug-ins share is
  // in the history of each of their options.
  std::map<std::string, std::vector<Setting>> history;
};

// Applies settings in order on top of the defaults. Throws Error with every problem: unknown key
// (near names), wrong type, out of range, not a choice, inconsistent (width not divisible by heads,
// m >= heads, ...). With `ForeignOptions::kept`, options that the chosen plug-in does not read are
// allowed, because the text of a stored run lists every field.
enum class ForeignOptions { refused, kept };
Composed compose(const std::vector<Setting>& settings,
                 ForeignOptions foreign = ForeignOptions::refused);

// Applies one setting to `config`. If the setting is wrong, returns the problem and does not change
// the field.
std::optional<Problem> apply(RunConfig& config, const Setting& setting);

// Problems that involve several fields, and options that the chosen plug-in does not read.
std::vector<Problem> inconsistencies(const RunConfig& config);

}  // namespace sinkmoe::config
