// The supervisor's handle on one worker process: starts it, reads its messages, ends it.
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "queue/supervisor/report_line.h"
#include "queue/worker/worker.h"

namespace sinkmoe::queue {

class WorkerProcess {
 public:
  // Starts this program again with the hidden command `worker`. Its output is appended to `log`. If
  // `device` is not "", the worker sees only this GPU. Throws Error if the process cannot be
  // started.
  WorkerProcess(WorkerArgs args, const std::filesystem::path& log, const std::string& device);
  ~WorkerProcess();  // kills a worker that is still running
  WorkerProcess(WorkerProcess&& other) noexcept;
  WorkerProcess& operator=(WorkerProcess&&) = delete;

  pid_t pid() const { return pid_; }
  int descriptor() const { return pipe_; }
  std::vector<ReportLine> read();  // the messages since the last call
  std::optional<int> ended();      // wait status, once
  void signal(int number) const;

 private:
  pid_t pid_ = -1;
  int pipe_ = -1;
  std::string buffer_;
};

// How a process ended that could not record this itself: signal, "killed by SIGSEGV".
RunEnd explain_death(int wait_status, bool out_of_memory);

}  // namespace sinkmoe::queue
