// What can go wrong with a database file.
#pragma once

#include "core/error.h"

namespace sinkmoe::store {

class StoreError : public Error {
 public:
  enum class Kind {
    refused,    // not a database of ours, of a newer version, damaged, a conflict
    disk_full,  // no space: nothing of the transaction was written
    io,         // reading or writing failed
    memory,     // not enough of it
    busy,       // another process held the file for too long
    read_only,  // the file or its folder cannot be written
    statement,  // a statement is wrong
  };
  StoreError(Kind kind, Problem problem) : Error(std::move(problem)), kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

// A write of a worker whose lease has gone to another worker, or was ended. Nothing was written.
struct LeaseLost : std::exception {
  const char* what() const noexcept override { return "the lease of this run has moved on"; }
};

}  // namespace sinkmoe::store
