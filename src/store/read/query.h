// Read-only SQL with limits, for `query`, `report` and `status`. No byte of the database can
// change.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "core/table.h"

namespace sinkmoe::store {

struct QueryLimits {
  double seconds = 5;
  int64_t rows = 1'000'000;
  int64_t bytes = int64_t{1} << 29;  // of the result
};

// A database opened for reading. Recovers a hot journal first (opens read-write for this, and says
// so on stderr).
class Reader {
 public:
  // Throws Error: missing, not SQLite, of another program (application_id), of a newer version,
  // truncated.
  explicit Reader(const std::filesystem::path& path);
  ~Reader();
  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;

  bool drills() const;  // its runs were invented by a drill

  // Runs one SELECT statement. Throws Error: syntax (with the place), not a read, limit reached.
  Table query(const std::string& sql, const QueryLimits& limits = {}) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sinkmoe::store
