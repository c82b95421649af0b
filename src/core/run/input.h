// What a run reads. It is recorded in the database, so that every number names its data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace sinkmoe {

// Names are those of folders, files, tasks and runs, never paths. A number that does not apply is absent.
struct InputRow {
  // "source": all training and validation data, with the hash in the run's identity; "train",
  // "valid", "test": the splits of a text; "valid file", "test file": the files of a held-out
  // split; "tokenizer": tokens is the size of its vocabulary; "task"; "weights": of the parent run.
  std::string part;
  int64_t ordinal = 0;  // of files and tasks, from 0
  std::string name;
  std::string sha256;
  std::optional<int64_t> tokens = {}, bytes = {};
  std::optional<int64_t> rows = {};  // that the last evaluation reads
};

}  // namespace sinkmoe
