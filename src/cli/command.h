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
  // "EXPERIMENT [override...] [--workers N]". Completion reads it too: EXPERIMENT, RUN, METRIC,
  // ARTIFACT, KEY and QUERY are names to offer, words in small letters are typed as they are.
  std::string usage;
  std::function<int(const Globals&, const std::vector<std::string>& args)> run;
  bool hidden = false;
  std::string examples = {};  // lines shown by --help
  bool plans = false;         // EXPERIMENT is a file of experiments/, elsewhere one of the database
  bool raw = false;           // gets all arguments as they are, global options included
  bool torch = false;         // computes with LibTorch (cli/torch_program.h)
};

// The global options and their help.
po::options_description global_options();

// Parses one command's own options. `positional` is the name of the option that takes the free
// arguments ("" for none). Throws Error (unknown option with near names, missing value, wrong
// type, an --out whose folder is absent). On --help prints usage and options, not the `hidden` ones, and returns nullopt.
std::optional<po::variables_map> parse(const Command& command,
                                       const po::options_description& options,
                                       const std::string& positional,
                                       const std::vector<std::string>& args,
                                       const po::options_description& hidden = {});

// A new file or folder of this name belongs into a folder that is there: a misspelt one must not be made in silence.
// Throws Error that names the nearest folder that exists. data/, which git ignores, is made on first use.
void require_folder_of(const std::string& option, const std::filesystem::path& path);

// The command's own options, without the one of the free arguments; `first` is the first of these,
// or "", for a command whose options depend on it. Runs nothing else of the command.
po::options_description declared_options(const Command& command, const std::string& first);

// Prints every problem as a line on stderr.
void print(const Error& error);

// The command's own entry in the registry, for parse().
const Command& self(const std::string& name);

}  // namespace sinkmoe::cli
