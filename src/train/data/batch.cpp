#include "train/data/batch.h"

#include <ATen/ATen.h>

#include "core/error.h"
#include "train/update/controls.h"

namespace sinkmoe::train {

namespace {

Batch to_tensors(std::vector<int32_t> rows, int64_t B, int64_t T, at::Device device) {
  at::Tensor ids = at::empty({B, T}, at::kLong), target = at::empty({B * T}, at::kLong);
  int64_t *id = ids.data_ptr<int64_t>(), *next = target.data_ptr<int64_t>();
  for (int64_t b = 0; b < B; ++b)
    for (int64_t t = 0; t < T; ++t) {
      id[b * T + t] = rows[static_cast<size_t>(b * (T + 1) + t)];
      next[b * T + t] = rows[static_cast<size_t>(b * (T + 1) + t + 1)];
    }
  return {ids.to(device), target.to(device), std::move(rows)};
}

// Rows first, first + step, ... of the source.
template <class Fill>
Batch make(const config::RunConfig& config, int64_t first, int64_t step, int64_t rows,
           at::Device device, Fill&& fill) {
  const int64_t width = config.data.context + 1;
  std::vector<int32_t> ids(static_cast<size_t>(rows * width));
  for (int64_t i = 0; i < rows; ++i)
    fill(first + i * step, std::span<int32_t>(ids).subspan(static_cast<size_t>(i * width),
                                                           static_cast<size_t>(width)));
  return to_tensors(std::move(ids), rows, config.data.context, device);
}

// The permutation goes over the rows of all ranks, so each rank makes them all and keeps its own.
Batch shuffled_batch(const data::DataSource& source, const config::RunConfig& config, int64_t step,
                     int64_t first_row, int64_t rows, at::Device device, const ranks::Rows& own) {
  const auto seed = static_cast<uint64_t>(config.train.seed);
  const int64_t T = config.data.context, width = T + 1;
  Batch all = make(config, first_row, 1, rows, at::kCPU, [&](int64_t r, std::span<int32_t> row) {
    source.train_row(seed, step, r, row);
  });
  shuffle_targets(all.target_N, seed, step, first_row);
  const int64_t skipped = own.first(first_row) - first_row, count = own.count(first_row, rows);
  const at::Tensor kept = at::arange(skipped, skipped + count * own.ranks, own.ranks, at::kLong);
  Batch batch{all.ids_BT.index_select(0, kept).to(device),
              all.target_N.view({rows, T}).index_select(0, kept).flatten().to(device),
              {}};
  for (int64_t i = 0; i < count; ++i) {
    const auto row = all.rows.begin() + (skipped + i * own.ranks) * width;
    batch.rows.insert(batch.rows.end(), row, row + width);
  }
  return batch;
}

}  // namespace

Batch training_batch(const data::DataSource& source, const config::RunConfig& config, int64_t step,
                     int64_t first_row, int64_t rows, at::Device device, const ranks::Rows& own) {
  if (config.train.control == config::Control::shuffled_targets)
    return shuffled_batch(source, config, step, first_row, rows, device, own);
  const auto seed = static_cast<uint64_t>(config.train.seed);
  return make(config, own.first(first_row), own.ranks, own.count(first_row, rows), device,
              [&](int64_t r, std::span<int32_t> row) { source.train_row(seed, step, r, row); });
}

int64_t evaluation_rows(const data::DataSource& source, const config::RunConfig& config) {
  const bool valid = config.eval.split == config::Split::valid;
  if (const int64_t rows = valid ? source.eval_rows() : source.test_rows(); rows > 0) return rows;
  const bool text = config.data.source == "text";
  throw Error("data source '" + config.data.source + "' has no " + name_of(config.eval.split) +
                  " rows here",
              "eval.split",
              valid ? "choose a data.text.file that this split has"
              : text
                  ? "import the text with a 'test' folder, or choose a data.text.file that it has"
                  : "use eval.split = \"valid\"");
}

Batch evaluation_batch(const data::DataSource& source, const config::RunConfig& config,
                       int64_t first_row, int64_t rows, at::Device device, const ranks::Rows& own) {
  const bool test = config.eval.split == config::Split::test;
  return make(config, own.first(first_row), own.ranks, own.count(first_row, rows), device,
              [&](int64_t r, std::span<int32_t> row) {
                test ? source.test_row(r, row) : source.eval_row(r, row);
              });
}

}  // namespace sinkmoe::train
