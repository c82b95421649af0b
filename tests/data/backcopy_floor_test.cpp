// The loss of a perfect model of backcopy.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "data/source.h"
#include "data/synthetic/backcopy.h"
#include "support/options.h"

namespace sinkmoe::data {
namespace {

// Entropy of a distribution, written anew for the tests.
double entropy(std::span<const double> p) {
  double nats = 0;
  for (double x : p) nats -= x > 0 ? x * std::log(x) : 0;
  return nats;
}

// -log p of the target row[t + 1] under a model that knows the chain and the rule.
double ideal_loss(const BackcopyTask& task, std::span<const int32_t> row, size_t t) {
  if (t == 0) return -std::log(task.start[static_cast<size_t>(row[1])]);
  if (task.copies(row[t - 1], row[t])) return 0;
  return -std::log(task.row(row[t])[static_cast<size_t>(row[t + 1])]);
}

// The exact floor against the mean loss of the ideal predictor over drawn rows.
TEST(BackcopyFloor, AgreesWithDrawnRows) {
  const auto source = open_source({.context = 12});
  const BackcopyTask task = make_backcopy({});
  const BackcopyFloor floor = backcopy_floor(task, 12);
  std::vector<int32_t> row(13);
  std::vector<uint8_t> part(12);
  double sum = 0, copies = 0;
  const int rows = 100000;
  for (int64_t index = 0; index < rows; ++index) {
    source->train_row(5, 1, index, row);
    source->parts_of(row, part);
    for (size_t t = 0; t < 12; ++t) sum += ideal_loss(task, row, t);
    copies += static_cast<double>(std::count(part.begin(), part.end(), 0));
  }
  EXPECT_NEAR(sum / rows / 12, floor.nats, 0.006);
  EXPECT_NEAR(copies / rows / 12, floor.backcopy_share, 0.003);
  EXPECT_NEAR(floor.nats, floor.chain_nats * (1 - floor.backcopy_share), 1e-12);
  EXPECT_EQ(source->floor_nats(), floor.nats);
}

// Every symbol independent and uniform: the floor is ln 4 times the share of chain positions.
TEST(BackcopyFloor, KnownValueForAUniformChain) {
  const BackcopyTask task = make_backcopy({.symbols = 4, .triggers = 1, .zipf = 0, .sharp = 0});
  EXPECT_NEAR(backcopy_floor(task, 2).nats, (std::log(3) + std::log(4)) / 2, 1e-12);
  // x_3 is a copy exactly if x_2 is the trigger: probability 1/4, as x_1 is none.
  EXPECT_NEAR(backcopy_floor(task, 3).nats, (std::log(3) + std::log(4) * 1.75) / 3, 1e-12);
}

// The same drawn symbols, of which the first is no target.
TEST(BackcopyFloor, WithoutBosTheFirstSymbolDoesNotCount) {
  const BackcopyTask task = make_backcopy({});
  for (const int64_t context : {int64_t{1}, int64_t{5}, int64_t{64}, int64_t{5000}}) {
    const BackcopyFloor longer = backcopy_floor(task, context + 1),
                        floor = backcopy_floor(task, context, false);
    const auto n = static_cast<double>(context);
    EXPECT_NEAR(floor.nats * n, longer.nats * (n + 1) - entropy(task.start), 1e-7);
    EXPECT_NEAR(floor.backcopy_share * n, longer.backcopy_share * (n + 1), 1e-7);
  }
  EXPECT_EQ(
      open_source(sinkmoe::testing::source_config("backcopy", {{"bos", false}}))->floor_nats(),
      backcopy_floor(task, 64, false).nats);
}

TEST(BackcopyFloor, LongContextsSettle) {
  const BackcopyTask task = make_backcopy({});
  const auto start = std::chrono::steady_clock::now();
  const double long_floor = backcopy_floor(task, 1 << 20).nats;
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(200));
  EXPECT_NEAR(long_floor, backcopy_floor(task, 4096).nats, 2e-3);
}

// Add-one counts of x_t given (x_{t-1}): a real model stays above the floor, and an
// ideal one does better.
TEST(BackcopyFloor, ABigramCountModelStaysAboveIt) {
  const auto source = open_source({});
  std::vector<double> count(64 * 64, 0.1), total(64, 6.4);
  std::vector<int32_t> row(65);
  for (int64_t index = 0; index < 5000; ++index) {
    source->train_row(0, 0, index, row);
    for (size_t t = 1; t < row.size(); ++t) {
      ++count[static_cast<size_t>(row[t - 1] * 64 + row[t])];
      ++total[static_cast<size_t>(row[t - 1])];
    }
  }
  double loss = 0;
  for (int64_t index = 0; index < 1000; ++index) {
    source->eval_row(index, row);
    for (size_t t = 1; t < row.size(); ++t)
      loss -= std::log(count[static_cast<size_t>(row[t - 1] * 64 + row[t])] /
                       total[static_cast<size_t>(row[t - 1])]);
  }
  EXPECT_GT(loss / 64000, *source->floor_nats() + 0.2);
  EXPECT_LT(loss / 64000, std::log(63));
}

}  // namespace
}  // namespace sinkmoe::data
