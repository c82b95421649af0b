// Writes to the database in a thread of its own, in order, so that training goes on while another program holds the file.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

namespace sinkmoe::queue {

class Outbox {
 public:
  Outbox();
  ~Outbox();  // what has not been written is dropped
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  // Adds a write that keeps about `bytes` in memory. Waits while 64 MiB are waiting to be written. Throws what an earlier
  // write has thrown; the writes after that one were dropped.
  void put(std::function<void()> write, int64_t bytes);
  // Waits until everything is written. Throws as put.
  void flush();
  // Throws what a write has thrown.
  void check();

 private:
  struct Write {
    std::function<void()> run;
    int64_t bytes;
  };
  void work();
  void check_locked() const;

  std::mutex mutex_;  // of everything below
  std::condition_variable changed_;
  std::deque<Write> waiting_;  // the first one is being written
  int64_t bytes_ = 0;          // of those
  std::exception_ptr error_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace sinkmoe::queue
