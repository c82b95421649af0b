// Rows of a data source as tensors.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "data/source.h"

namespace sinkmoe {

struct Batch {
  at::Tensor ids_BT, target_N;  // int64; target of ids[b][t] is target[b * T + t]
  std::vector<int32_t> rows;    // B rows of T + 1 ids, as the source made them
};

Batch training_batch(const DataSource& source, const RunConfig& config, int64_t step,
                     int64_t first_row, int64_t rows, at::Device device);
Batch validation_batch(const DataSource& source, const RunConfig& config, int64_t first_row,
                       int64_t rows, at::Device device);

}  // namespace sinkmoe
