// The options --launcher, --site and one for each key of configs/launcher/ (queue/launcher/options.h).
#pragma once

#include "cli/command.h"
#include "queue/launcher/launcher.h"

namespace sinkmoe::cli {

void add_launcher_options(po::options_description& options);

struct LauncherChoice {
  const queue::Launcher& launcher;
  queue::LauncherOptions options;
};

// Throws Error: unknown launcher, an option of a scheduler without --launcher, a value that cannot be used.
LauncherChoice launcher_choice(const po::variables_map& values);

}  // namespace sinkmoe::cli
