// A changed database: an arbitrary file, or a good one with some bytes overwritten. Reading,
// repairing, checking and merging end with an Error or a result.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <fstream>

#include "core/file.h"
#include "queue/worker/checkpoints.h"
#include "store/merge/merge.h"
#include "store/read/health.h"
#include "store/read/query.h"
#include "store_seed.h"

namespace {

using namespace sinkmoe;
namespace fs = std::filesystem;

template <class F>
void attempt(F&& f) {
  try {
    f();
  } catch (const Error&) {
  }
}

// The first byte decides whether the rest is the file or patches (3 bytes offset, 1 byte length,
// bytes).
std::string database_of(const uint8_t* data, size_t size) {
  if (size == 0 || data[0] % 8 == 0)
    return {reinterpret_cast<const char*>(data) + (size > 0), size - (size > 0)};
  std::string file = seed_database();
  size_t at = 1;
  while (at + 4 < size) {
    const size_t to = (data[at] | data[at + 1] << 8 | data[at + 2] << 16) % file.size();
    const size_t n = std::min({size_t{data[at + 3]} % 16 + 1, size - at - 4, file.size() - to});
    std::copy_n(data + at + 4, n, file.begin() + static_cast<std::ptrdiff_t>(to));
    at += 4 + n;
  }
  return file;
}

void write(const fs::path& path, const std::string& content) {
  for (const char* beside : {"-journal", "-wal", "-shm"})
    ::unlink((path.string() + beside).c_str());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

void read_all(const fs::path& path) {
  const store::QueryLimits limits{.seconds = 1, .rows = 10'000, .bytes = 1 << 24};
  const store::Reader reader(path);
  for (const char* view : {"run_wide", "experiment_wide", "v_metric", "v_final", "v_group",
                           "v_pair", "event", "attempt", "checkpoint"})
    attempt([&] { reader.query(std::string("select * from ") + view, limits); });
}

void use(const fs::path& path) {
  store::Store store(path);
  store.free_dead_leases();
  for (const std::string& run_id : store::stored_run_ids(path)) {
    attempt([&] { store.state(run_id); });
    attempt([&] { queue::find_resume_point(store, run_id); });
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const SeedFolder folder;
  const fs::path path = folder / "x.db", ours = folder / "ours.db";
  const std::string content = database_of(data, size);
  write(path, content);
  attempt([&] { read_all(path); });
  attempt([&] { store::database_problems(path); });
  attempt([&] { store::stored_checkpoints(path); });
  write(ours, seed_database());
  attempt([&] {
    store::Store store(ours);
    store::merge_database(store, path);
  });
  attempt([&] { use(path); });
  attempt([&] { store::database_problems(ours); });
  return 0;
}
