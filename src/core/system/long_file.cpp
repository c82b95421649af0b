#include "core/system/long_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>

#include "core/system/file_error.h"

namespace sinkmoe {

namespace fs = std::filesystem;

LongFile::LongFile(const fs::path& path, uint64_t kept) : path_(path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (fd < 0) fail_on_file("cannot create", path, errno);
  file_.reset(::fdopen(fd, "r+b"));
  if (!file_) {
    const int error = errno;
    ::close(fd);
    fail_on_file("cannot open", path, error);
  }
  if (::ftruncate(fd, static_cast<off_t>(kept)) != 0) fail_on_file("cannot shorten", path, errno);
  if (::fseeko(file_.get(), static_cast<off_t>(kept), SEEK_SET) != 0)
    fail_on_file("cannot continue", path, errno);
}

void LongFile::append(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size())
    fail_on_file("cannot write", path_, errno);
}

void LongFile::flush() {
  if (std::fflush(file_.get()) != 0) fail_on_file("cannot write", path_, errno);
}

void LongFile::sync() {
  flush();
  if (::fsync(::fileno(file_.get())) != 0) fail_on_file("cannot sync", path_, errno);
}

void LongFile::write_front(std::string_view bytes) {
  flush();
  for (uint64_t at = 0; at < bytes.size();) {
    const ssize_t n = ::pwrite(::fileno(file_.get()), bytes.data() + at, bytes.size() - at,
                               static_cast<off_t>(at));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_on_file("cannot write", path_, errno);
    at += static_cast<uint64_t>(n);
  }
}

}  // namespace sinkmoe
