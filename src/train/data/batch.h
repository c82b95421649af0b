// Rows of a data source as tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "data/source.h"

namespace sinkmoe::train {

struct Batch {
  at::Tensor ids_BT, target_N;  // int64; target of ids[b][t] is target[b * T + t]
  std::vector<int32_t> rows;    // B rows of T + 1 ids, as the source made them
};

Batch training_batch(const data::DataSource& source, const config::RunConfig& config, int64_t step,
                     int64_t first_row, int64_t rows, at::Device device);

// The held-out rows that evaluations read: of the split eval.split. Throws Error when the source
// has no test split.
int64_t evaluation_rows(const data::DataSource& source, const config::RunConfig& config);
Batch evaluation_batch(const data::DataSource& source, const config::RunConfig& config,
                       int64_t first_row, int64_t rows, at::Device device);

}  // namespace sinkmoe::train
