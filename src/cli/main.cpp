// sinkmoe: reads global options, then runs one command from the registry. Exit codes: 0 done; 1
// some runs failed, a check is OFF, the disk is full, or the output could not be written; 2 bad
// input or a refused file; 12 no memory; 75 interrupted and resumable.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <new>
#include <string_view>

#include "cli/command.h"
#include "cli/output/terminal_filter.h"
#include "cli/torch_program.h"
#include "core/system/checked_output.h"
#include "core/text/suggest.h"
#include "core/text/utf8.h"
#include "queue/worker/outcome.h"
#include "store/sqlite/store_error.h"

namespace sinkmoe::cli {

namespace {

void print_help(std::ostream& out) {
  out << "sinkmoe trains small language models over attention variants and balance losses,\n"
         "stores every run in SQLite and makes tables and figures from them.\n\n"
         "sinkmoe [global options] COMMAND [arguments]\n\n";
  for (const auto& [name, command] : Registry<Command>::all())
    if (!command.hidden)
      out << "  " << name << std::string(name.size() < 10 ? 10 - name.size() : 1, ' ')
          << command.help << "\n";
  out << "\n" << global_options() << "\n'sinkmoe COMMAND --help' explains a command.\n";
}

// Removes the global options from the arguments, at any position.
Globals take_globals(std::vector<std::string>& args) {
  Globals globals;
  globals.color = ::isatty(STDOUT_FILENO) && !std::getenv("NO_COLOR");
  std::vector<std::string> rest;
  for (size_t i = 0; i < args.size(); ++i) {
    const std::string& a = args[i];
    auto value = [&](const std::string& name) -> std::string {
      if (a.size() > name.size()) return a.substr(name.size() + 1);
      if (i + 1 == args.size()) throw Error("option '" + name + "' needs a value", "command line");
      return args[++i];
    };
    if (a == "--db" || a.starts_with("--db=")) {
      globals.db = value("--db");
      require_folder_of("--db", globals.db);
    } else if (a == "--quiet")
      globals.quiet = true;
    else if (a == "--json")
      globals.json = true;
    else if (a == "--color" || a.starts_with("--color=")) {
      const std::string when = value("--color");
      if (when != "auto" && when != "never")
        throw Error("--color is '" + when + "'", "command line", "give auto or never");
      if (when == "never") globals.color = false;
    } else
      rest.push_back(a);
  }
  args = rest;
  return globals;
}

const Command& command_called(const std::string& name) {
  const auto& all = Registry<Command>::all();
  if (const auto found = all.find(name); found != all.end()) return found->second;
  std::vector<std::string> names;
  for (const auto& [known, command] : all)
    if (!command.hidden) names.push_back(known);
  if (name.starts_with('-'))
    throw Error("no global option is called '" + name.substr(0, name.find('=')) + "'", "",
                "options of a command stand after it; 'sinkmoe --help' shows the others");
  const std::string near = did_you_mean(name, names);
  throw Error("unknown command '" + name + "'", "",
              near.empty() ? "'sinkmoe --help' shows all" : near);
}

int dispatch(std::vector<std::string> args) {
  const std::vector<std::string> given = args;
  if (!args.empty() && Registry<Command>::all().contains(args[0]))
    if (const Command& command = Registry<Command>::get(args[0]); command.raw)
      return command.run({}, {args.begin() + 1, args.end()});
  const Globals globals = take_globals(args);
  if (!args.empty() && args[0] == "--version") args[0] = "version";
  if (args.empty() || args[0] == "--help" || args[0] == "-h" || args[0] == "help") {
    print_help(args.empty() ? std::cerr : std::cout);
    return args.empty() ? 2 : 0;
  }
  const Command& command = command_called(args[0]);
  if (command.torch) continue_with_torch(given);
  return command.run(globals, {args.begin() + 1, args.end()});
}

}  // namespace

}  // namespace sinkmoe::cli

namespace {

std::atomic<bool> g_no_memory{false};

// Prints the message without allocating memory; returns the exit code.
int say_no_memory() {
  constexpr std::string_view text = "error: out of memory; run the same command again\n";
  [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, text.data(), text.size());
  return sinkmoe::queue::kExitNoMemory;
}

// If memory runs out, libraries may throw where exceptions are forbidden. Files are written under a
// temporary name and each database change is one transaction, so ending here leaves nothing
// half-written.
[[noreturn]] void end_without_memory() {
  if (g_no_memory) ::_exit(say_no_memory());
  std::abort();
}

void note_no_memory() {
  g_no_memory = true;
  throw std::bad_alloc();
}

// Runs the command and reports errors; returns the exit code.
int run_command(const std::vector<std::string>& args) {
  using Kind = sinkmoe::ErrorKind;
  try {
    return sinkmoe::cli::dispatch(args);
  } catch (const sinkmoe::store::StoreError& e) {
    sinkmoe::cli::print(e);
    // The input is fine; the same command may succeed later.
    if (e.kind() == Kind::memory) return sinkmoe::queue::kExitNoMemory;
    return e.kind() == Kind::bad_input || e.kind() == Kind::statement || e.kind() == Kind::read_only
               ? 2
               : 1;
  } catch (const sinkmoe::Error& e) {
    sinkmoe::cli::print(e);
    // A library may have turned the lack of memory into another error.
    if (g_no_memory) return say_no_memory();
    return sinkmoe::queue::outcome_of(e) == sinkmoe::Outcome::disk ? 1 : 2;
  } catch (const std::bad_alloc&) {
    return say_no_memory();
  } catch (const std::exception& e) {
    std::cerr << "error: " << sinkmoe::printable(e.what()) << "\n";
    return 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::set_terminate(end_without_memory);
  std::set_new_handler(note_no_memory);
  ::signal(SIGXFSZ, SIG_IGN);  // a write beyond the limit of file sizes fails as one on a full disk
  sinkmoe::open_standard_descriptors();
  const bool terminal = ::isatty(STDOUT_FILENO);
  sinkmoe::CheckedOutput output(std::cout);
  int code;
  {
    const sinkmoe::cli::TerminalFilter filter(std::cout, terminal);
    code = run_command({argv + 1, argv + argc});
  }
  return output.finish(code);
}
