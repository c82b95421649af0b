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
// A key that is neither a field nor an option of a plug-in is unknown, with or without a leading "+".
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

// A command-line argument, and where in it a key and a value stand (bytes), for the
// caret under an error.
struct ArgumentSpan {
  std::string text;  // empty: not from the command line
  size_t key_at = 0, key_length = 0, value_at = 0, value_length = 0;
};

// A value on its way into a field, and where it was written.
struct Setting {
  std::string key;     // "train.lr"; of an option also the key that it is stored under
  TomlValue value;     // a scalar
  std::string where;   // "configs/model/small.toml:3:1" or "argument 'train.lr=1e-3'"
  std::string layer;   // "default", "configs/base.toml", "model=small", "experiment", "command
                       // line", "sweep"
  bool reset = false;  // `~key`: back to the default; `value` means nothing
  ArgumentSpan argument = {};
};

struct Composed {
  RunConfig config;
  // key -> default, then every layer that set it. A setting of a key that several plug-ins read is
  // in the history of each of their options.
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

}  // namespace sinkmoe::config
