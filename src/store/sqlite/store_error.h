// A database file, or a statement on it, failed.
#pragma once

#include "core/error.h"

namespace sinkmoe::store {

// Of kind bad_input when the file is refused: not a database of ours, of a newer version, damaged, a
// conflict. Nothing of the transaction was written.
struct StoreError : Error {
  StoreError(ErrorKind kind, Problem problem, int system_errno = 0)
      : Error(std::vector{std::move(problem)}, kind, system_errno) {}
};

}  // namespace sinkmoe::store
