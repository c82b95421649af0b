// Prepares training batches on a thread, one ahead of the step. A batch is a pure function of
// (seed, step, rows), so the bits are those of training_batch().
#pragma once

#include <memory>
#include <optional>

#include "train/data/batch.h"

namespace sinkmoe::train {

class BatchAhead {
 public:
  // The references must outlive this object.
  BatchAhead(const data::DataSource& source, const config::RunConfig& config, at::Device device,
             const ranks::Rows& own = {});
  ~BatchAhead();
  BatchAhead(const BatchAhead&) = delete;
  BatchAhead& operator=(const BatchAhead&) = delete;

  // Returns the rows of `own` among [first_row, first_row + rows) of `step`, then starts the batch that follows if
  // training continues in order. Any other order gives the right rows too, only later. Throws what
  // the source throws.
  Batch take(int64_t step, int64_t first_row, int64_t rows);

 private:
  struct Wanted {
    int64_t step, first_row, rows;
    bool operator==(const Wanted&) const = default;
  };
  class Thread;

  Batch make(const Wanted& wanted) const;

  const data::DataSource& source_;
  const config::RunConfig& config_;
  at::Device device_;
  ranks::Rows own_;
  std::unique_ptr<Thread> thread_;
};

}  // namespace sinkmoe::train
