// What `merge` and the hand-over of a run share: another database beside ours, and the statements that copy rows. Internal
// to the store.
#pragma once

#include <filesystem>
#include <string>

#include "store/sqlite/sqlite.h"

namespace sinkmoe::store {

// Attaches the other file as `other` for the life of the object. It is only read.
class Attached {
 public:
  Attached(sql::Connection& db, const std::filesystem::path& other);
  ~Attached();
  Attached(const Attached&) = delete;
  Attached& operator=(const Attached&) = delete;

 private:
  sql::Connection& db_;
};

// A view with the name of a table could run forever, or return other rows at each reading. Throws StoreError.
void check_tables(sql::Connection& db);

// Names of metrics and parameters that are new here. May be repeated without effect.
extern const char* const kCopyNames;

// Replaces parameters, metrics, histograms and inputs of the runs in the table temp.pair(theirs, ours, before), and adds
// their attempts, with `before` added to their numbers. Rows of checkpoints are removed. Metrics of training steps are
// copied only for steps that `train_every` divides.
std::string rows_of_pairs(int64_t train_every);

}  // namespace sinkmoe::store
