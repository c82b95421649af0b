#include "train/data/prefetch.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "support/tiny.h"

namespace sinkmoe::train {
namespace {

using testing::tiny_config;

void expect_same(const Batch& got, const Batch& expected) {
  EXPECT_EQ(got.rows, expected.rows);
  EXPECT_TRUE(at::equal(got.ids_BT, expected.ids_BT));
  EXPECT_TRUE(at::equal(got.target_N, expected.target_N));
}

class Ahead : public ::testing::Test {
 protected:
  Batch direct(int64_t step, int64_t first_row, int64_t rows) const {
    return training_batch(*source, config, step, first_row, rows, at::kCPU);
  }
  config::RunConfig config = tiny_config();
  std::unique_ptr<data::DataSource> source = data::open_source(config.data);
};

TEST_F(Ahead, BatchesAreThoseMadeDirectly) {
  BatchAhead ahead(*source, config, at::kCPU);
  for (int64_t step = 0; step < config.train.steps; ++step)
    expect_same(ahead.take(step, 0, config.train.batch), direct(step, 0, config.train.batch));
}

TEST_F(Ahead, MicroBatchesToo) {
  constexpr int64_t kRows = 2;
  BatchAhead ahead(*source, config, at::kCPU);
  for (int64_t step = 0; step < 5; ++step)
    for (int64_t row = 0; row < config.train.batch; row += kRows)
      expect_same(ahead.take(step, row, kRows), direct(step, row, kRows));
}

// As after a resume, or if the same batch is requested twice.
TEST_F(Ahead, AnyOrderGivesTheRightRows) {
  BatchAhead ahead(*source, config, at::kCPU);
  for (const int64_t step : {7, 7, 8, 3, 0, 23, 1})
    expect_same(ahead.take(step, 0, config.train.batch), direct(step, 0, config.train.batch));
}

// Rows up to a step, then an error.
class Breaks : public data::DataSource {
 public:
  int64_t vocabulary() const override { return 4; }
  int32_t bos() const override { return 3; }
  void train_row(uint64_t, int64_t step, int64_t, std::span<int32_t> row) const override {
    if (step == 2) throw std::runtime_error("no step 2");
    std::fill(row.begin(), row.end(), 0);
  }
  int64_t eval_rows() const override { return 1; }
  void eval_row(int64_t, std::span<int32_t> row) const override {
    std::fill(row.begin(), row.end(), 0);
  }
  std::optional<int64_t> target_bytes(std::span<const int32_t>) const override { return {}; }
  std::string content_hash() const override { return "breaks"; }
};

TEST_F(Ahead, AnErrorOfTheSourceComesWithItsOwnStep) {
  const Breaks breaks;
  BatchAhead ahead(breaks, config, at::kCPU);
  EXPECT_NO_THROW(ahead.take(0, 0, config.train.batch));
  EXPECT_NO_THROW(ahead.take(1, 0, config.train.batch));
  EXPECT_THROW(ahead.take(2, 0, config.train.batch), std::runtime_error);
  EXPECT_NO_THROW(ahead.take(3, 0, config.train.batch));
}

}  // namespace
}  // namespace sinkmoe::train
