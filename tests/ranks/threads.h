// Ranks as threads of one process, connected by Gloo as processes are.
#pragma once

#include <gtest/gtest.h>

#include <exception>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "ranks/store.h"

namespace sinkmoe::testing {

// Runs work(group) on each of `size` ranks and returns when all are done.
inline void on_ranks(int64_t size, const std::function<void(ranks::Group&)>& work,
                     std::chrono::seconds patience = std::chrono::seconds(30)) {
  ranks::Store lead({.rank = 0, .size = size}, patience);
  std::vector<std::thread> threads;
  std::vector<std::exception_ptr> errors(static_cast<size_t>(size));
  const auto one = [&](int64_t rank) {
    try {
      std::unique_ptr<ranks::Store> own;
      if (rank > 0)
        own = std::make_unique<ranks::Store>(
            ranks::Place{.rank = rank, .size = size, .port = lead.port()}, patience);
      work(*(own ? *own : lead).connect(patience));
    } catch (...) {
      errors[static_cast<size_t>(rank)] = std::current_exception();
    }
  };
  for (int64_t rank = 1; rank < size; ++rank) threads.emplace_back(one, rank);
  one(0);
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors)
    if (error) std::rethrow_exception(error);
}

}  // namespace sinkmoe::testing
