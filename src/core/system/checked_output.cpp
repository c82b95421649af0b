#include "core/system/checked_output.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

namespace sinkmoe {

namespace {

constexpr size_t kBuffer = 1 << 16;
constexpr int kExitPipe = 128 + SIGPIPE;  // as if the signal had ended the program

}  // namespace

CheckedOutput::CheckedOutput(std::ostream& stream)
    : stream_(stream), below_(stream.rdbuf(this)), terminal_(::isatty(STDOUT_FILENO)) {}

CheckedOutput::~CheckedOutput() {
  CheckedOutput::sync();
  stream_.rdbuf(below_);
}

bool CheckedOutput::put(const char* bytes, size_t count) {
  if (error_ != 0) return false;
  waiting_.append(bytes, count);
  const bool line = terminal_ && waiting_.ends_with('\n');
  return (waiting_.size() < kBuffer && !line) || sync() == 0;
}

CheckedOutput::int_type CheckedOutput::overflow(int_type c) {
  if (traits_type::eq_int_type(c, traits_type::eof())) return traits_type::not_eof(c);
  const char byte = traits_type::to_char_type(c);
  return put(&byte, 1) ? c : traits_type::eof();
}

std::streamsize CheckedOutput::xsputn(const char* bytes, std::streamsize count) {
  return put(bytes, static_cast<size_t>(count)) ? count : 0;
}

int CheckedOutput::sync() {
  size_t done = 0;
  while (error_ == 0 && done < waiting_.size()) {
    const ssize_t n = ::write(STDOUT_FILENO, waiting_.data() + done, waiting_.size() - done);
    if (n >= 0)
      done += static_cast<size_t>(n);
    else if (errno != EINTR)
      error_ = errno;
  }
  waiting_.clear();
  return error_ == 0 ? 0 : -1;
}

int CheckedOutput::finish(int code) {
  sync();
  if (error_ == 0 && stream_.bad()) error_ = ENOMEM;  // a piece did not even reach this class
  if (error_ == 0 && ::close(STDOUT_FILENO) != 0 && errno != EINTR) error_ = errno;
  if (error_ == 0) return code;
  if (error_ == EPIPE) return code != 0 ? code : kExitPipe;
  // This is what writing to a descriptor gives that was closed from the start.
  const std::string why = error_ == EBADF ? "it is closed" : std::strerror(error_);
  std::cerr << "error: standard output could not be written: " << why << "\n";
  return code != 0 ? code : 1;
}

void open_standard_descriptors() {
  for (const int number : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (::fcntl(number, F_GETFD) < 0 && errno == EBADF)
        // The lowest free number is this one. Nobody can write to a descriptor that is for reading.
        [[maybe_unused]]
      const int got = ::open("/dev/null", O_RDONLY);
}

}  // namespace sinkmoe
