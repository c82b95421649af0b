// Token rows for a measurement, from encoded texts or from a file of ids.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <vector>

#include "pretrained/heads.h"

namespace sinkmoe::pretrained {

struct RowOptions {
  int64_t context = 512;
  int64_t rows = 16;                // at most
  std::optional<int32_t> bos = {};  // at position 0 of each row; none: rows start in the text
};

// Splits each document into consecutive rows of context + 1 ids and takes `rows` of them at equal
// distances. No row crosses the end of a document. `bytes_of(id)` gives target_bytes. Throws Error
// if no document fills a row.
TokenRows cut_rows(const std::vector<std::vector<int32_t>>& documents, const RowOptions& options,
                   const std::function<int64_t(int32_t id)>& bytes_of);

// One row per line: ids separated by blanks, the same number (at least 2) in every line. Throws
// Error that names file and line.
TokenRows read_rows(const std::filesystem::path& file);

}  // namespace sinkmoe::pretrained
