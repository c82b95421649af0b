// Token rows for a measurement: from texts that were cut into ids, or from a file of ids.
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
  int64_t rows = 16;  // at most
  std::optional<int32_t> bos =
      {};  // stands at position 0 of each row; none: rows start in the text
};

// Each document is cut into consecutive rows of context + 1 ids, and `rows` of all these are taken
// at equal distances. No row runs over the end of a document. `bytes_of(id)` gives target_bytes.
// Throws Error when no document fills a row.
TokenRows cut_rows(const std::vector<std::vector<int32_t>>& documents, const RowOptions& options,
                   const std::function<int64_t(int32_t id)>& bytes_of);

// One row a line: ids separated by blanks, the same number (at least 2) in every line. Throws Error
// naming file and line.
TokenRows read_rows(const std::filesystem::path& file);

}  // namespace sinkmoe::pretrained
