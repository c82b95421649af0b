// `sinkmoe export KIND ...`: a kind of export is one file src/cli/exports/NAME.cpp with one
// Registration<Export>.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cli/command.h"

namespace sinkmoe::cli {

struct Export {
  static constexpr const char* kind = "export";
  std::string name, help;  // one line
  std::string usage;       // after the name: "RUN --out DIR"
  std::function<int(const Globals&, const std::vector<std::string>& args)> run;
};

// parse() of command.h for a kind of export, whose help it prints.
std::optional<po::variables_map> parse_export(const std::string& name,
                                              const po::options_description& options,
                                              const std::string& positional,
                                              const std::vector<std::string>& args);

}  // namespace sinkmoe::cli
