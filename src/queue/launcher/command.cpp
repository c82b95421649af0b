#include "queue/launcher/command.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <system_error>

#include "core/error.h"
#include "core/system/process.h"
#include "store/owner.h"

namespace sinkmoe::queue {

namespace {

constexpr int64_t kLimit_us = 60'000'000;
constexpr size_t kMostOutput = 64 << 20;

// The reading end of a pipe.
class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) throw system_error("cannot make a pipe", errno, "");
  }
  ~Pipe() {
    ::close(ends_[0]);
    close_write();
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int read_end() const { return ends_[0]; }
  int write_end() const { return ends_[1]; }
  void close_write() {
    if (ends_[1] >= 0) ::close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

// Reads both pipes to their ends. False if that takes too long.
bool drain(Pipe& output, Pipe& errors, CommandResult& result) {
  std::array<pollfd, 2> watched{{{output.read_end(), POLLIN, 0}, {errors.read_end(), POLLIN, 0}}};
  std::array<std::string*, 2> texts{&result.output, &result.errors};
  const int64_t end = store::boot_clock_us() + kLimit_us;
  for (int open = 2; open > 0;) {
    if (store::boot_clock_us() > end) return false;
    if (::poll(watched.data(), watched.size(), 1000) <= 0) continue;
    for (size_t i = 0; i < watched.size(); ++i) {
      if (watched[i].fd < 0 || watched[i].revents == 0) continue;
      std::array<char, 16384> bytes;
      const ssize_t n = ::read(watched[i].fd, bytes.data(), bytes.size());
      if (n > 0 && texts[i]->size() < kMostOutput)
        texts[i]->append(bytes.data(), static_cast<size_t>(n));
      if (n > 0 || (n < 0 && errno == EINTR)) continue;
      watched[i].fd = -1;
      --open;
    }
  }
  return true;
}

}  // namespace

CommandResult run_command(const std::vector<std::string>& words) {
  CommandResult result;
  Pipe output, errors;
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  pid_t child = -1;
  try {
    child = start_process(
        {.program = words.at(0),
         .arguments = words,
         .environment = environment_variables(),
         .descriptors = {{nothing, 0}, {output.write_end(), 1}, {errors.write_end(), 2}}});
  } catch (const std::system_error& e) {
    ::close(nothing);
    result.errors = words[0] + ": " + e.code().message();
    return result;
  }
  ::close(nothing);
  output.close_write();
  errors.close_write();
  const bool all = drain(output, errors, result);
  const std::optional<int> status = wait_for(child, all ? 10 : 0);
  result.ended = all && status && WIFEXITED(*status);
  if (result.ended)
    result.code = WEXITSTATUS(*status);
  else if (result.errors.empty())
    result.errors = words[0] + " did not answer";
  return result;
}

}  // namespace sinkmoe::queue
