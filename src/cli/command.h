// A command of the program is one file src/cli/commands/NAME_command.cpp with one
// Registration<Command>.
#pragma once

#include <boost/program_options.hpp>

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/registry.h"
#include "store/default_database.h"

namespace sinkmoe::cli {

namespace po = boost::program_options;

struct Globals {
  std::filesystem::path db = store::kDefaultDatabase;
  bool quiet = false, json = false, color = false;
};

struct Command {
  static constexpr const char* kind = "command";
  std::string name, help;  // one line
  std::string usage;       // "EXPERIMENT [override...] [--workers N]"
  std::function<int(const Globals&, const std::vector<std::string>& args)> run;
  bool hidden = false;
};

// Parses one command's own options. `positional` is the name of the option that takes the free
// arguments ("" for none). Throws Error (unknown option with near names, missing value, wrong
// type). On --help prints usage and options, not the `hidden` ones, and returns nullopt.
std::optional<po::variables_map> parse(const Command& command,
                                       const po::options_description& options,
                                       const std::string& positional,
                                       const std::vector<std::string>& args,
                                       const po::options_description& hidden = {});

// Prints every problem as a line on stderr.
void print(const Error& error);

// The command's own entry in the registry, for parse().
const Command& self(const std::string& name);

}  // namespace sinkmoe::cli
