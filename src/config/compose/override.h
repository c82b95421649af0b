// One command-line argument that changes the configuration.
//
//   train.lr=1e-3               sets a key
//   +train.lr=1e-3              the same
//   ~train.lr                   resets a key to its default
//   model=wide                  chooses a group's option, configs/model/wide.toml
//   train.seed=seeds(5)         sweeps a key
//   balance.weight=0,1e-2       sweeps a key over a list
//
// A value is TOML or a bare word. A comma outside quotes and brackets separates values, except in
// eval.tasks, whose one value is a list with commas: there only quoted values are several.
#pragma once

#include <string>
#include <vector>

#include "config/compose/compose.h"

namespace sinkmoe::config {

struct Override {
  bool group = false;  // the key is a group, the values are its options
  std::string key;
  std::vector<Setting> settings;  // one per value; for a group, the value is the name of an option
};

// Checks the form only; keys and values are checked when they are used. Throws Error (with a
// caret): no '=', no key, unfinished quote, not UTF-8, wrong call, no value after the = or beside a comma, a list in brackets.
Override parse_override(const std::string& argument);

// Every argument; throws one Error with all problems, a key that is given twice among them.
std::vector<Override> parse_overrides(const std::vector<std::string>& arguments);

}  // namespace sinkmoe::config
