// sinkmoe serve: the state of a sweep as a live page for a browser on this computer. It only reads.
#include <csignal>
#include <iostream>
#include <thread>

#include "cli/command.h"
#include "live/server.h"
#include "store/read/query.h"

namespace sinkmoe::cli {

namespace {

int run_serve(const Globals& globals, const std::vector<std::string>& args) {
  po::options_description options("Options");
  options.add_options()("port", po::value<int64_t>()->default_value(8765)->value_name("N"),
                        "port on 127.0.0.1; 0: any free one");
  const auto values = parse(self("serve"), options, "", args);
  if (!values) return 0;
  const int64_t port = (*values)["port"].as<int64_t>();
  if (port < 0 || port > 65535)
    throw Error("--port is " + std::to_string(port), "sinkmoe serve", "give 0 to 65535");
  store::Reader(globals.db);  // says now what is wrong with the database
  // Blocked in every thread, so that only sigwait sees them. A signal that was ignored stays ignored.
  sigset_t ends;
  ::sigemptyset(&ends);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction now{};
    ::sigaction(number, nullptr, &now);
    if (now.sa_handler != SIG_IGN) ::sigaddset(&ends, number);
  }
  ::pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  live::Server server(globals.db, static_cast<int>(port));
  std::thread worker([&] { server.run(); });
  std::cout << "http://localhost:" << server.port() << "/  (Ctrl-C ends it)" << std::endl;
  int number = 0;
  ::sigwait(&ends, &number);
  server.stop();
  worker.join();
  return 0;
}

const Registration<Command> serve_command{
    {.name = "serve",
     .help = "show a running sweep as a live page in a browser on this computer",
     .usage = "[--port N]",
     .run = run_serve,
     .examples = "  sinkmoe serve                         # then open the address it prints\n"
                 "  ssh -L 8765:localhost:8765 HOST       # for a sweep on another computer\n"}};

}  // namespace

}  // namespace sinkmoe::cli
