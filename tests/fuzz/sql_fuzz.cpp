// Any bytes as a statement for `query`: a table or an Error, within the limits, and no byte of the
// database changes.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <string>

#include "core/hash.h"
#include "store/read/query.h"
#include "store_seed.h"

namespace {

struct Target {
  Target() { std::ofstream(path, std::ios::binary) << sinkmoe::seed_database(); }
  sinkmoe::SeedFolder folder;
  std::filesystem::path path = folder / "x.db";
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const Target target;
  static const std::string before = sinkmoe::sha256_file(target.path);
  const auto began = std::chrono::steady_clock::now();
  try {
    const sinkmoe::store::Reader reader(target.path);
    reader.query({reinterpret_cast<const char*>(data), size},
                 {.seconds = 0.5, .rows = 10'000, .bytes = 1 << 24});
  } catch (const sinkmoe::Error&) {
  }
  if (std::chrono::steady_clock::now() - began > std::chrono::seconds(5)) std::abort();
  if (sinkmoe::sha256_file(target.path) != before) std::abort();
  for (const auto& entry : std::filesystem::directory_iterator(target.path.parent_path()))
    if (entry.path() != target.path) std::abort();  // no journal, no file beside
  return 0;
}
