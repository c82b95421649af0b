// Token rows for a measurement, from encoded texts or from a file of ids.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <vector>

#include "data/hf_tokenizer/hf_tokenizer.h"
#include "pretrained/heads.h"

namespace sinkmoe::pretrained {

struct RowOptions {
  int64_t context = 512;
  int64_t rows = 16;                // at most
  std::optional<int32_t> bos = {};  // at position 0 of each row; none: rows start in the text
};

// Splits each document into consecutive rows of context + 1 ids and takes `rows` of them at equal
// distances. No row crosses the end of a document. Throws Error if no document fills a row.
TokenRows cut_rows(const std::vector<data::EncodedText>& documents, const RowOptions& options);

// One row per line: ids separated by blanks, the same number (at least 2) in every line. Throws
// Error that names file and line.
TokenRows read_rows(const std::filesystem::path& file);

}  // namespace sinkmoe::pretrained
