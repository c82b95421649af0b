#include "store/sqlite/lock_holder.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <sstream>

#include "core/text/number.h"
#include "core/text/split_join.h"
#include "core/text/utf8.h"

namespace sinkmoe::store {

namespace {

// SQLite locks bytes from here on (sqlite.org/lockingv3.html: PENDING, RESERVED, then the bytes of readers).
constexpr int64_t kFirstLockByte = 0x40000000, kLockBytes = 512;

struct Locks {
  std::set<int64_t> readers, writers;
};

// A line of /proc/locks: "1: POSIX  ADVISORY  READ  1234 08:01:131 1073741826 1073742335". The device is not compared,
// because some file systems show another one there than stat(2) does.
Locks locks_of(ino_t inode) {
  Locks locks;
  std::ifstream file("/proc/locks");
  const std::string wanted = std::to_string(inode);
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string number, type, advisory, mode, pid, place, first;
    words >> number >> type;
    if (type != "POSIX" || !(words >> advisory >> mode >> pid >> place >> first)) continue;
    if (split(place, ':').back() != wanted) continue;
    const int64_t byte = parse_number<int64_t>(first).value_or(0),
                  process = parse_number<int64_t>(pid).value_or(0);
    if (byte < kFirstLockByte || byte >= kFirstLockByte + kLockBytes || process <= 0) continue;
    (mode == "WRITE" ? locks.writers : locks.readers).insert(process);
  }
  return locks;
}

std::string name_of_process(int64_t pid) {
  std::string name;
  std::getline(std::ifstream(fmt::format("/proc/{}/comm", pid)) >> std::ws, name);
  return fmt::format("process {}{}", pid, name.empty() ? "" : " (" + printable(name) + ")");
}

}  // namespace

std::string lock_holder(const std::filesystem::path& path, const std::set<int64_t>& ours) {
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return "";
  const Locks locks = locks_of(info.st_ino);
  const auto other = [&](int64_t pid) { return pid != ::getpid() && !ours.contains(pid); };
  // A writer that waits for its commit holds the lock of a reader too.
  for (const int64_t pid : locks.readers)
    if (other(pid) && !locks.writers.contains(pid)) return name_of_process(pid);
  for (const int64_t pid : locks.writers)
    if (other(pid)) return name_of_process(pid);
  return "";
}

}  // namespace sinkmoe::store
