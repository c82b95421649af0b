// A library for LD_PRELOAD that makes the n-th call of a kind fail, or kills the process there.
// Without SINKMOE_FAULT it only counts.
//
//   SINKMOE_FAULT=CALL:N:ACTION   CALL: open (for writing), write, fsync, rename, unlink, truncate,
//                                 file (any of these) or malloc, counted from the start of main()
//                                 N: from 1 on; "N+": that call and all after it
//                                 ACTION: ENOSPC, EIO, EINTR, EACCES, EMFILE, ENOMEM, EDQUOT; short
//                                 (half of a write is done); kill, torn (half of a write, then
//                                 killed), stop (SIGSTOP, then the call)
//   SINKMOE_FAULT_PATH=PREFIX     only files whose path starts so (not for malloc)
//   SINKMOE_FAULT_ROLE=WORD       only processes with this word among their arguments
//   SINKMOE_FAULT_LOG=FILE        gets a line "fired CALL N PATH" and, when main() returns or the
//                                 process exits, "counted CALL N" for each kind;
//                                 without "+" only one process fails, FILE.once says that it did
//
// Nothing here allocates or uses the C++ library: malloc is one of the functions it replaces.
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#define EXPORT extern "C" __attribute__((visibility("default")))

extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
}

namespace {

enum Call { kOpen, kWrite, kFsync, kRename, kUnlink, kTruncate, kMalloc, kFile, kCalls };
constexpr const char* kNames[] = {"open",   "write",    "fsync",  "rename",
                                  "unlink", "truncate", "malloc", "file"};
enum Action { kError, kShort, kKill, kTorn, kStop };

struct Plan {
  Call call = kCalls;
  long at = 0;
  bool onward = false;
  Action action = kError;
  int error = 0;
  const char* path = nullptr;
  const char* log = nullptr;
};
Plan g_plan;
bool g_armed = false;
long g_count[kCalls];

struct Named {
  const char* name;
  Action action;
  int error;
};
constexpr Named kActions[] = {
    {"ENOSPC", kError, ENOSPC}, {"EIO", kError, EIO},       {"EINTR", kError, EINTR},
    {"EACCES", kError, EACCES}, {"EMFILE", kError, EMFILE}, {"ENOMEM", kError, ENOMEM},
    {"EDQUOT", kError, EDQUOT}, {"short", kShort, 0},       {"kill", kKill, 0},
    {"torn", kTorn, 0},         {"stop", kStop, 0}};

void parse(const char* text) {
  for (int call = 0; call < kCalls; ++call) {
    const size_t n = strlen(kNames[call]);
    if (strncmp(text, kNames[call], n) != 0 || text[n] != ':') continue;
    char* end = nullptr;
    g_plan.at = strtol(text + n + 1, &end, 10);
    if (*end == '+') g_plan.onward = true, ++end;
    for (const Named& a : kActions)
      if (*end == ':' && strcmp(end + 1, a.name) == 0)
        g_plan.call = static_cast<Call>(call), g_plan.action = a.action, g_plan.error = a.error;
  }
  if (g_plan.call == kCalls) _exit(120);  // a misspelt drill must not look like a success
}

void note(const char* what, const char* name, long n, const char* path) {
  if (!g_plan.log) return;
  char line[512];
  const int length = snprintf(line, sizeof line, "%s %s %ld %s\n", what, name, n, path);
  const long fd =
      syscall(SYS_openat, AT_FDCWD, g_plan.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return;
  syscall(SYS_write, fd, line, length);
  syscall(SYS_close, fd);
}

void disarm() {
  if (!g_armed) return;
  g_armed = false;
  for (int call = 0; call < kCalls; ++call) note("counted", kNames[call], g_count[call], "");
}

bool watched(const char* path) {
  return !g_plan.path || strncmp(path, g_plan.path, strlen(g_plan.path)) == 0;
}

void path_of(int fd, char (&path)[512]) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const long n = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
  path[n > 0 ? n : 0] = '\0';
}

// One call fails in all processes of a drill together, so a process that is started again succeeds.
bool first_of_all() {
  if (g_plan.onward || !g_plan.log) return true;
  char once[512];
  snprintf(once, sizeof once, "%s.once", g_plan.log);
  const long fd =
      syscall(SYS_openat, AT_FDCWD, once, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) return false;
  syscall(SYS_close, fd);
  return true;
}

bool due(Call call, const char* path) {
  const long n = __atomic_add_fetch(&g_count[call], 1, __ATOMIC_RELAXED);
  if (g_plan.call != call || (g_plan.onward ? n < g_plan.at : n != g_plan.at)) return false;
  if (!first_of_all()) return false;
  if (n == g_plan.at || call != kMalloc) note("fired", kNames[call], n, path);
  return true;
}

// True if this is the call; errno is then set, or the process has been killed.
bool hit(Call call, const char* path, bool* half = nullptr) {
  if (!g_armed || (call != kMalloc && !watched(path))) return false;
  const bool own = due(call, path), any = call != kMalloc && due(kFile, path);
  if (!own && !any) return false;
  switch (g_plan.action) {
    case kStop:
      kill(getpid(), SIGSTOP);
      return false;
    case kKill:
      kill(getpid(), SIGKILL);
      return false;
    case kShort:
    case kTorn:
      if (half) *half = true;
      if (!half && g_plan.action == kTorn) kill(getpid(), SIGKILL);
      return false;
    default:
      errno = g_plan.error;
      return true;
  }
}

bool hit(Call call, int fd, bool* half = nullptr) {
  if (!g_armed) return false;
  char path[512];
  path_of(fd, path);
  return path[0] == '/' && hit(call, path, half);
}

size_t shortened(size_t n, bool half) { return half && n > 1 ? n / 2 : n; }

ssize_t written(ssize_t n, bool half) {
  if (half && g_plan.action == kTorn) kill(getpid(), SIGKILL);
  return n;
}

int open_at(int folder, const char* path, int flags, mode_t mode) {
  char absolute[512];
  const char* name = path;
  if (g_armed && path[0] != '/') {
    char cwd[256] = "";
    syscall(SYS_getcwd, cwd, sizeof cwd);
    snprintf(absolute, sizeof absolute, "%s/%s", cwd, path);
    name = absolute;
  }
  const bool writes = (flags & (O_CREAT | O_WRONLY | O_RDWR)) != 0;
  if (writes && hit(kOpen, name)) return -1;
  return static_cast<int>(syscall(SYS_openat, folder, path, flags | O_LARGEFILE, mode));
}

mode_t mode_of(int flags, va_list list) {
  return (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;
}

int (*g_main)(int, char**, char**);

int counted_main(int argc, char** argv, char** environment) {
  const char *fault = getenv("SINKMOE_FAULT"), *role = getenv("SINKMOE_FAULT_ROLE");
  g_plan.path = getenv("SINKMOE_FAULT_PATH");
  g_plan.log = getenv("SINKMOE_FAULT_LOG");
  bool mine = role == nullptr;
  for (int i = 1; role && i < argc; ++i) mine = mine || strcmp(argv[i], role) == 0;
  if (fault && mine) parse(fault);
  g_armed = mine;
  const int code = g_main(argc, argv, environment);
  disarm();
  return code;
}

}  // namespace

EXPORT int __libc_start_main(int (*main)(int, char**, char**), int argc, char** argv,
                             void (*init)(), void (*fini)(), void (*rtld_fini)(), void* stack) {
  using Start =
      int (*)(int (*)(int, char**, char**), int, char**, void (*)(), void (*)(), void (*)(), void*);
  const auto start = reinterpret_cast<Start>(dlsym(RTLD_NEXT, "__libc_start_main"));
  g_main = main;
  return start(counted_main, argc, argv, init, fini, rtld_fini, stack);
}

EXPORT int open(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = mode_of(flags, list);
  va_end(list);
  return open_at(AT_FDCWD, path, flags, mode);
}
EXPORT int open64(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = mode_of(flags, list);
  va_end(list);
  return open_at(AT_FDCWD, path, flags, mode);
}

EXPORT ssize_t write(int fd, const void* data, size_t n) {
  bool half = false;
  if (hit(kWrite, fd, &half)) return -1;
  return written(syscall(SYS_write, fd, data, shortened(n, half)), half);
}
EXPORT ssize_t pwrite(int fd, const void* data, size_t n, off_t at) {
  bool half = false;
  if (hit(kWrite, fd, &half)) return -1;
  return written(syscall(SYS_pwrite64, fd, data, shortened(n, half), at), half);
}
EXPORT ssize_t pwrite64(int fd, const void* data, size_t n, off_t at) {
  return pwrite(fd, data, n, at);
}
EXPORT ssize_t writev(int fd, const iovec* parts, int n) {
  if (hit(kWrite, fd)) return -1;
  return syscall(SYS_writev, fd, parts, n);
}

EXPORT int fsync(int fd) { return hit(kFsync, fd) ? -1 : static_cast<int>(syscall(SYS_fsync, fd)); }
EXPORT int fdatasync(int fd) {
  return hit(kFsync, fd) ? -1 : static_cast<int>(syscall(SYS_fdatasync, fd));
}

EXPORT int rename(const char* from, const char* to) {
  return hit(kRename, to) ? -1 : static_cast<int>(syscall(SYS_rename, from, to));
}
EXPORT int unlink(const char* path) {
  return hit(kUnlink, path) ? -1 : static_cast<int>(syscall(SYS_unlink, path));
}
EXPORT int ftruncate(int fd, off_t n) {
  return hit(kTruncate, fd) ? -1 : static_cast<int>(syscall(SYS_ftruncate, fd, n));
}
EXPORT int ftruncate64(int fd, off_t n) { return ftruncate(fd, n); }

EXPORT void* malloc(size_t n) { return hit(kMalloc, "") ? nullptr : __libc_malloc(n); }
EXPORT void* calloc(size_t n, size_t size) {
  return hit(kMalloc, "") ? nullptr : __libc_calloc(n, size);
}
EXPORT void* realloc(void* old, size_t n) {
  return hit(kMalloc, "") ? nullptr : __libc_realloc(old, n);
}
EXPORT int posix_memalign(void** out, size_t alignment, size_t n) {
  if (hit(kMalloc, "")) return ENOMEM;
  *out = __libc_memalign(alignment, n);
  return *out ? 0 : ENOMEM;
}
EXPORT void* aligned_alloc(size_t alignment, size_t n) {
  return hit(kMalloc, "") ? nullptr : __libc_memalign(alignment, n);
}

EXPORT void _exit(int code) {
  disarm();
  syscall(SYS_exit_group, code);
  __builtin_unreachable();
}
