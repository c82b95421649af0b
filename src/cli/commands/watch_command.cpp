// sinkmoe watch: follows a running sweep from another terminal. It only reads.
#include <unistd.h>

#include <iostream>
#include <optional>

#include "cli/command.h"
#include "cli/output/terminal_screen.h"
#include "cli/status_line.h"
#include "live/view_json.h"

namespace sinkmoe::cli {

namespace {

constexpr double kRefresh_s = 1, kLog_s = 30;
// A sweep of which nothing has run for this long was stopped.
constexpr double kIdle_s = 15;

bool over(const live::SweepView& sweep, Clock::time_point idle_since) {
  return sweep.open() == 0 || (sweep.leases == 0 && seconds_since(idle_since) > kIdle_s);
}

void write_lines(const live::SweepView& sweep) {
  for (const std::string& line : live::screen(sweep, screen_size())) std::cout << line << "\n";
}

// Reads again; keeps the old view while the database is busy.
void refresh(live::SweepReader& reader, const std::string& experiment, live::SweepView& sweep,
             Clock::time_point& idle_since) {
  try {
    sweep = reader.read(experiment);
  } catch (const Error&) {
    if (sweep.experiment.empty()) throw;
  }
  if (sweep.leases > 0) idle_since = Clock::now();
}

// Returns the exit code: that of `run` for the state at the end.
int follow(live::SweepReader& reader, const std::string& wanted) {
  live::SweepView sweep;
  Clock::time_point idle_since = Clock::now(), logged = Clock::now();
  refresh(reader, wanted, sweep, idle_since);
  const std::string experiment = sweep.experiment;  // stays, whatever is started meanwhile
  int signal = 0;
  if (::isatty(STDOUT_FILENO)) {
    TerminalScreen terminal;
    while (!over(sweep, idle_since) && terminal.ended() == 0) {
      terminal.draw(live::screen(sweep, screen_size()));
      terminal.wait(kRefresh_s);
      refresh(reader, experiment, sweep, idle_since);
    }
    signal = terminal.ended();
  } else {
    for (std::cout << live::summary(sweep) << std::endl; !over(sweep, idle_since);) {
      ::usleep(static_cast<useconds_t>(kRefresh_s * 1e6));
      refresh(reader, experiment, sweep, idle_since);
      if (seconds_since(logged) < kLog_s) continue;
      logged = Clock::now();
      std::cout << live::summary(sweep) << std::endl;
    }
  }
  write_lines(sweep);
  if (signal != 0) return 128 + signal;
  if (sweep.open() > 0)
    std::cout << "nothing of it is running; the command that started it goes on with it\n";
  return sweep.failed() > 0 ? 1 : sweep.open() > 0 ? 75 : 0;
}

int run_watch(const Globals& globals, const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("once", "show the state once and end")(
      "experiment", po::value<std::string>()->default_value(""), "default: the one that runs");
  const auto values = parse(self("watch"), options, "experiment", args);
  if (!values) return 0;
  const std::string experiment = (*values)["experiment"].as<std::string>();
  live::SweepReader reader(globals.db);
  if (globals.json) {
    std::cout << live::to_json(reader.read(experiment)) << "\n";
    return 0;
  }
  if (!values->count("once")) return follow(reader, experiment);
  write_lines(reader.read(experiment));
  return 0;
}

const Registration<Command> watch_command{
    {.name = "watch",
     .help = "follow a running sweep: runs, curves, evaluations, speed, time left",
     .usage = "[EXPERIMENT] [--once] [--json]",
     .run = run_watch,
     .examples =
         "  sinkmoe watch                 # the sweep that runs; ends when the sweep ends\n"
         "  sinkmoe watch quick --once    # one screen\n"
         "  sinkmoe watch && sinkmoe report\n\n"
         "Ends with the code of 'run' for the state at the end: 0 all done, 1 some failed, 75 stopped and\n"
         "resumable; 130 after Ctrl-C, which ends only watch, never the sweep. With --once always 0.\n"}};

}  // namespace

}  // namespace sinkmoe::cli
