// The key-value store (c10d's TCPStore, in the process of rank 0) through which ranks find each other.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "ranks/ranks.h"

namespace sinkmoe::ranks {

// Where a process is among the ranks of a run.
struct Place {
  int64_t rank = 0, size = 1;
  std::string address = "127.0.0.1";  // of rank 0
  uint16_t port = 0;                  // of its store; 0 for rank 0: any
};

class Store {
 public:
  // Rank 0 opens the store, all others connect to it. On one host (address 127.0.0.1) no other host
  // can reach it. Throws RankLost: no connection within `patience`; the port is in use.
  Store(const Place& place, std::chrono::seconds patience);
  ~Store();

  uint16_t port() const;
  void set(const std::string& key, const std::string& value);
  std::optional<std::string> get(const std::string& key);  // nothing: not set yet
  std::string wait_for(const std::string& key, std::chrono::seconds patience);
  const Place& place() const { return place_; }

  // Connects all ranks; every rank calls it. A call of the group that waits longer than `patience`
  // for another rank throws RankLost.
  std::unique_ptr<Group> connect(std::chrono::seconds patience);

 private:
  struct Impl;
  Place place_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sinkmoe::ranks
