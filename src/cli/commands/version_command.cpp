// sinkmoe version, and sinkmoe --version: what this program was built from.
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/command.h"
#include "queue/build_info.h"
#include "store/schema/schema.h"

namespace sinkmoe::cli {

namespace {

void print_version_json(const queue::BuildInfo& b) {
  const nlohmann::ordered_json object = {{"version", b.version},
                                         {"commit", b.commit},
                                         {"changed", b.dirty},
                                         {"build", b.build},
                                         {"libtorch", b.torch},
                                         {"cuda", b.cuda},
                                         {"schema", store::schema_version()}};
  std::cout << object.dump(2) << "\n";
}

int run_version(const Globals& globals, const std::vector<std::string>& args) {
  if (!parse(self("version"), po::options_description("Options"), "", args)) return 0;
  const queue::BuildInfo& b = queue::kBuildInfo;
  if (globals.json) {
    print_version_json(b);
    return 0;
  }
  const std::string torch = b.torch;
  std::cout << "sinkmoe " << b.version << "\ncommit " << b.commit
            << (b.dirty ? ", with local changes" : "") << "\nbuild " << b.build
            << (b.cuda ? ", with CUDA kernels" : "") << "\nLibTorch "
            << (torch.empty() ? "none: this program plans, queries and reports, it does not train"
                              : torch)
            << "\ndatabase schema " << store::schema_version() << "\n";
  return 0;
}

const Registration<Command> version_command{
    {.name = "version",
     .help = "version, commit, build and LibTorch of this program, for bug reports",
     .usage = "[--json]",
     .run = run_version}};

}  // namespace

}  // namespace sinkmoe::cli
