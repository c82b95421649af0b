#include "queue/supervisor/worker_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include "core/system/process.h"
#include "queue/signals.h"
#include "queue/worker/outcome.h"

namespace sinkmoe::queue {

namespace {

constexpr int kChildPipe = 3;
constexpr size_t kLongestLine = 1 << 16;

// An open file that is closed again; the child gets copies.
class OpenFile {
 public:
  OpenFile(const char* path, int flags) : fd_(::open(path, flags | O_CLOEXEC, 0644)) {
    if (fd_ < 0) throw std::system_error(errno, std::generic_category(), path);
  }
  ~OpenFile() { ::close(fd_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

std::vector<std::string> environment(const std::string& device) {
  std::vector<std::string> variables = environment_variables();
  const auto has = [&](const char* start) {
    return std::any_of(variables.begin(), variables.end(),
                       [&](const std::string& variable) { return variable.starts_with(start); });
  };
  if (!device.empty()) {
    std::erase_if(variables, [](const std::string& variable) {
      return variable.starts_with("CUDA_VISIBLE_DEVICES=");
    });
    variables.push_back("CUDA_VISIBLE_DEVICES=" + device);
  }
  // The threads of a step wait for each other often. By default they spin for a long time, which on a busy machine takes
  // the core that the other thread needs. OpenMP reads this when it is loaded, so it is set for the new process.
  if (!has("OMP_WAIT_POLICY=") && !has("GOMP_SPINCOUNT="))
    variables.emplace_back("OMP_WAIT_POLICY=PASSIVE");
  return variables;
}

}  // namespace

WorkerProcess::WorkerProcess(WorkerArgs args, const std::filesystem::path& log,
                             const std::string& device) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw system_error("cannot make a pipe", errno, "");
  pipe_ = ends[0];
  ::fcntl(pipe_, F_SETFL, O_NONBLOCK);
  args.pipe = kChildPipe;
  args.supervisor = ::getpid();
  std::vector<std::string> words = to_arguments(args);
  words.insert(words.begin(), {"sinkmoe", "worker"});
  try {
    const OpenFile nothing("/dev/null", O_RDONLY),
        output(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW);
    // A stop that is requested before the worker can handle it is delivered later.
    pid_ = start_process({.program = "/proc/self/exe",
                          .arguments = words,
                          .environment = environment(device),
                          .descriptors = {{nothing.fd(), 0},
                                          {output.fd(), 1},
                                          {output.fd(), 2},
                                          {ends[1], kChildPipe}},
                          .blocked_signals = stop_signals()});
    ::close(ends[1]);
  } catch (const std::system_error& e) {
    ::close(ends[1]);
    ::close(pipe_);
    throw system_error("cannot start a worker", e.code().value(), log.string());
  }
}

WorkerProcess::WorkerProcess(WorkerProcess&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pipe_(std::exchange(other.pipe_, -1)),
      buffer_(std::move(other.buffer_)) {}

WorkerProcess::~WorkerProcess() {
  if (pipe_ >= 0) ::close(pipe_);
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  wait_for(pid_);
}

std::vector<ReportLine> WorkerProcess::read() {
  std::array<char, 4096> bytes;
  for (ssize_t n; (n = ::read(pipe_, bytes.data(), bytes.size())) > 0;)
    buffer_.append(bytes.data(), static_cast<size_t>(n));
  std::vector<ReportLine> lines;
  size_t from = 0;
  for (size_t end; (end = buffer_.find('\n', from)) != std::string::npos; from = end + 1)
    lines.push_back(decode(buffer_.substr(from, end - from)));
  buffer_.erase(0, from);
  if (buffer_.size() > kLongestLine) buffer_.clear();
  return lines;
}

std::optional<int> WorkerProcess::ended() {
  int status = 0;
  if (pid_ <= 0 || ::waitpid(pid_, &status, WNOHANG) != pid_) return std::nullopt;
  pid_ = -1;
  return status;
}

void WorkerProcess::signal(int number) const {
  if (pid_ > 0) ::kill(pid_, number);
}

RunEnd explain_death(int wait_status, bool out_of_memory) {
  if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == kExitDiskFull)
    return {Outcome::disk, "the disk is full"};
  if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == kExitNoMemory)
    return {Outcome::memory, "out of memory"};
  if (!WIFSIGNALED(wait_status))
    return {Outcome::io, fmt::format("the worker ended with code {} and could not record why",
                                     WEXITSTATUS(wait_status))};
  if (WTERMSIG(wait_status) == SIGKILL && out_of_memory)
    return {Outcome::memory, "killed by the system for lack of memory"};
  return {Outcome::signal, fmt::format("killed by SIG{}", ::sigabbrev_np(WTERMSIG(wait_status)))};
}

}  // namespace sinkmoe::queue
