// The live page over HTTP, for browsers on this computer only.
#pragma once

#include <filesystem>
#include <memory>

namespace sinkmoe::live {

// Listens on 127.0.0.1 and answers GET and HEAD of five paths, each from memory or by reading the
// database; no path leads to a file. Requests whose Host is not this computer are refused, so that
// a web page elsewhere cannot read it through a name of its own. At most two reads of the database
// a second, however many browsers ask.
class Server {
 public:
  // `port` 0: any free one. Throws Error if it cannot listen there.
  Server(std::filesystem::path db, int port);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;
  void run();   // answers until stop()
  void stop();  // from any thread

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sinkmoe::live
