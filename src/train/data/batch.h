// Turns rows of a data source into tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "data/source.h"
#include "ranks/ranks.h"

namespace sinkmoe::train {

struct Batch {
  at::Tensor ids_BT, target_N;  // int64; target of ids[b][t] is target[b * T + t]
  std::vector<int32_t> rows;    // B rows of T + 1 ids, as the source returned them
};

// Of the rows [first_row, first_row + rows): those of `own`.
Batch training_batch(const data::DataSource& source, const config::RunConfig& config, int64_t step,
                     int64_t first_row, int64_t rows, at::Device device,
                     const ranks::Rows& own = {});

// Number of held-out rows in the split that evaluations read (eval.split). Throws Error if the
// source has no test split.
int64_t evaluation_rows(const data::DataSource& source, const config::RunConfig& config);
Batch evaluation_batch(const data::DataSource& source, const config::RunConfig& config,
                       int64_t first_row, int64_t rows, at::Device device,
                       const ranks::Rows& own = {});

}  // namespace sinkmoe::train
