#include "core/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <memory>

#include "core/error.h"
#include "core/system/file_error.h"

namespace sinkmoe {

namespace fs = std::filesystem;

namespace {

struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};

// Repeats a call that a signal has interrupted.
template <class F>
int retried(F&& call) {
  int result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

int open_file(const fs::path& path, int flags) {
  return retried([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0644); });
}

void sync_file(int fd, const fs::path& path) {
  if (retried([&] { return ::fsync(fd); }) != 0) fail_on_file("cannot sync", path, errno);
}

void write_all(int fd, std::string_view content, const fs::path& path) {
  while (!content.empty()) {
    const ssize_t n = ::write(fd, content.data(), content.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_on_file("cannot write", path, errno);
    content.remove_prefix(static_cast<size_t>(n));
  }
}

// Unique to this process and call, so that threads and processes do not share a temporary file.
std::string unique_suffix() {
  static std::atomic<uint64_t> calls{0};
  return std::to_string(::getpid()) + "." + std::to_string(calls++);
}

void sync_folder(const fs::path& path) {
  const fs::path folder = path.parent_path().empty() ? fs::path(".") : path.parent_path();
  const Descriptor d{open_file(folder, O_RDONLY | O_DIRECTORY)};
  if (d.fd < 0) fail_on_file("cannot open the folder", folder, errno);
  sync_file(d.fd, folder);
}

}  // namespace

std::string read_file(const fs::path& path, uint64_t limit) {
  const Descriptor d{open_file(path, O_RDONLY | O_NONBLOCK)};
  if (d.fd < 0) fail_on_file("cannot open", path, errno);
  struct stat info{};
  if (::fstat(d.fd, &info) != 0) fail_on_file("cannot stat", path, errno);
  if (!S_ISREG(info.st_mode)) throw Error("not a regular file", path.string());
  if (static_cast<uint64_t>(info.st_size) > limit)
    throw Error("the file has " + std::to_string(info.st_size) + " bytes, the limit is " +
                    std::to_string(limit),
                path.string());
  std::string content(static_cast<size_t>(info.st_size), '\0');
  size_t at = 0;
  while (at < content.size()) {
    const ssize_t n = ::read(d.fd, content.data() + at, content.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_on_file("cannot read", path, errno);
    if (n == 0) break;
    at += static_cast<size_t>(n);
  }
  content.resize(at);
  return content;
}

void write_file_atomic(const fs::path& path, std::string_view content) {
  write_file_atomic(path, std::span(&content, 1));
}

void write_file_atomic(const fs::path& path, std::span<const std::string_view> pieces,
                       const std::function<void(const fs::path&)>& check) {
  const fs::path aside = path.string() + ".tmp." + unique_suffix();
  try {
    const Descriptor d{open_file(aside, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW)};
    if (d.fd < 0) fail_on_file("cannot create", aside, errno);
    for (std::string_view piece : pieces) write_all(d.fd, piece, aside);
    sync_file(d.fd, aside);
    if (check) check(aside);
    if (::rename(aside.c_str(), path.c_str()) != 0) fail_on_file("cannot rename to", path, errno);
  } catch (...) {
    ::unlink(aside.c_str());
    throw;
  }
  sync_folder(path);
}

void put_in_place(const fs::path& aside, const fs::path& path) {
  const Descriptor d{open_file(aside, O_RDONLY)};
  if (d.fd < 0) fail_on_file("cannot open", aside, errno);
  sync_file(d.fd, aside);
  if (::rename(aside.c_str(), path.c_str()) != 0) fail_on_file("cannot rename to", path, errno);
  sync_folder(path);
}

std::vector<std::string> folder_names(const fs::path& folder) {
  struct Close {
    void operator()(DIR* d) const { ::closedir(d); }
  };
  const std::unique_ptr<DIR, Close> opened(::opendir(folder.c_str()));
  if (!opened && (errno == ENOENT || errno == ENOTDIR)) return {};
  if (!opened) fail_on_file("cannot read the folder", folder, errno);
  std::vector<std::string> names;
  for (errno = 0; const dirent* entry = ::readdir(opened.get()); errno = 0) {
    const std::string name = entry->d_name;
    if (name != "." && name != "..") names.push_back(name);
  }
  if (errno != 0) fail_on_file("cannot read the folder", folder, errno);
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<std::string> file_stems(const fs::path& folder, std::string_view extension) {
  std::vector<std::string> stems;
  for (const fs::path name : folder_names(folder))
    if (name.extension() == extension) stems.push_back(name.stem().string());
  std::sort(stems.begin(), stems.end());
  return stems;
}

void ensure_writable_folder(const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) fail_on_file("cannot make the folder", folder, error.value());
  const fs::path probe = folder / (".probe." + unique_suffix());
  const Descriptor d{open_file(probe, O_WRONLY | O_CREAT | O_NOFOLLOW)};
  if (d.fd < 0) fail_on_file("cannot write in the folder", folder, errno);
  ::unlink(probe.c_str());
}

}  // namespace sinkmoe
