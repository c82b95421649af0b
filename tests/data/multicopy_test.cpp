#include "data/synthetic/multicopy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "core/error.h"
#include "data/pure_rows.h"
#include "data/source.h"
#include "support/options.h"

namespace sinkmoe::data {
namespace {

using ::testing::HasSubstr;

config::DataConfig multicopy() { return {.source = "multicopy"}; }

TEST(MulticopyTask, KindsShareTheMostProbableSymbols) {
  const MulticopyTask task = make_multicopy({{.triggers = 2}, 3, 4});
  const std::vector<int32_t> plain = make_backcopy({.triggers = 6}).triggers;
  EXPECT_EQ(task.chain.triggers, plain);
  std::vector<int64_t> distances;
  for (int32_t trigger : task.chain.triggers)
    distances.push_back(task.distance[static_cast<size_t>(trigger)]);
  EXPECT_EQ(distances, (std::vector<int64_t>{1, 5, 9, 1, 5, 9}));
  EXPECT_EQ(std::count(task.distance.begin(), task.distance.end(), 0), 64 - 6);
}

// With one kind and no stride the rule is that of backcopy.
TEST(MulticopyTask, OneKindIsBackcopy) {
  const MulticopyTask task = make_multicopy({{}, 1});
  const BackcopyTask backcopy = make_backcopy({});
  const auto source = open_source({.source = "backcopy"});
  std::vector<int32_t> row(65);
  for (int64_t index = 0; index < 100; ++index) {
    source->train_row(0, 0, index, row);
    for (size_t t = 2; t < row.size(); ++t) {
      const auto from = task.copied_from(row, t);
      ASSERT_EQ(from.has_value(), backcopy.copies(row[t - 2], row[t - 1]));
      if (from) {
        EXPECT_EQ(*from, t - 2);
      }
    }
  }
}

TEST(MulticopySource, RowsObeyTheRule) {
  const auto source = open_source(multicopy());
  const MulticopyTask task = make_multicopy({});
  std::vector<int32_t> row(65);
  std::vector<uint8_t> part(64);
  std::set<int64_t> seen;
  for (int64_t index = 0; index < 500; ++index) {
    source->train_row(3, 17, index, row);
    source->parts_of(row, part);
    EXPECT_EQ(row[0], 63);
    for (size_t t = 1; t < row.size(); ++t) {
      ASSERT_TRUE(row[t] >= 0 && row[t] < 63);
      const auto d = static_cast<size_t>(task.distance[static_cast<size_t>(row[t - 1])]);
      const bool copy =
          d > 0 && t > d + 1 && task.distance[static_cast<size_t>(row[t - 1 - d])] == 0;
      EXPECT_EQ(part[t - 1], copy ? 0 : 1);
      if (copy) {
        EXPECT_EQ(row[t], row[t - 1 - d]);
        seen.insert(static_cast<int64_t>(d));
      }
    }
  }
  EXPECT_EQ(seen, (std::set<int64_t>{1, 2, 3, 4}));
}

// What follows a trigger without a copy is drawn from the chain.
TEST(MulticopySource, SymbolsFollowTheChain) {
  const MulticopyTask task = make_multicopy({{.symbols = 6, .triggers = 1}, 2});
  const auto source = open_source(sinkmoe::testing::source_config(
      "multicopy", {{"symbols", 6}, {"triggers", 1}, {"kinds", 2}}));
  std::vector<double> count(36), total(6);
  std::vector<int32_t> row(65);
  for (int64_t index = 0; index < 20000; ++index) {
    source->train_row(0, 0, index, row);
    for (size_t t = 2; t < row.size(); ++t) {
      if (task.copied_from(row, t)) continue;
      ++count[static_cast<size_t>(row[t - 1] * 6 + row[t])];
      ++total[static_cast<size_t>(row[t - 1])];
    }
  }
  for (size_t i = 0; i < 36; ++i) {
    const double p = task.chain.transition[i], n = total[i / 6];
    if (n > 0) {
      EXPECT_NEAR(count[i] / n, p, 5 * std::sqrt(p * (1 - p) / n)) << i;
    }
  }
}

TEST(MulticopySource, AFixedRow) {
  const auto source = open_source(multicopy());
  std::vector<int32_t> row(16);
  source->train_row(1, 2, 3, row);
  EXPECT_EQ(row, (std::vector<int32_t>{63, 57, 3, 57, 2, 57, 0, 57, 1, 16, 13, 0, 13, 11, 13, 7}));
}

TEST(MulticopySource, RowsArePureFunctionsOfTheirArguments) { expect_pure_rows(multicopy()); }

TEST(MulticopySource, WithoutBosARowStartsWithASymbol) {
  const auto source = open_source(sinkmoe::testing::source_config("multicopy", {{"bos", false}}));
  std::vector<int32_t> row(65);
  for (int64_t index = 0; index < 200; ++index) {
    source->train_row(0, 0, index, row);
    for (int32_t id : row) ASSERT_TRUE(id >= 0 && id < 63);
  }
  EXPECT_EQ(source->vocabulary(), 64) << "losses stay comparable";
}

// The sampled floor against the mean loss of the ideal predictor over other rows.
TEST(MulticopyFloor, AgreesWithDrawnRows) {
  const auto source = open_source(multicopy());
  const MulticopyTask task = make_multicopy({});
  std::vector<int32_t> row(65);
  double sum = 0;
  const int rows = 20000;
  for (int64_t index = 0; index < rows; ++index) {
    source->train_row(5, 1, index, row);
    sum -= std::log(task.chain.start[static_cast<size_t>(row[1])]);
    for (size_t t = 2; t < row.size(); ++t)
      if (!task.copied_from(row, t))
        sum -= std::log(task.chain.row(row[t - 1])[static_cast<size_t>(row[t])]);
  }
  EXPECT_NEAR(sum / rows / 64, *source->floor_nats(), 0.008);
}

TEST(MulticopyFloor, KnownValueForAUniformChain) {
  const auto source = open_source(sinkmoe::testing::source_config(
      "multicopy", {{"symbols", 4}, {"triggers", 1}, {"zipf", 0}, {"sharp", 0}, {"kinds", 1}}, 2));
  EXPECT_NEAR(*source->floor_nats(), (std::log(3) + std::log(4)) / 2, 1e-9);
}

TEST(MulticopyTask, HashFollowsEveryOption) {
  const std::string base = multicopy_hash({});
  for (const BackcopyOptions& chain :
       {BackcopyOptions{.symbols = 62}, BackcopyOptions{.triggers = 2},
        BackcopyOptions{.chain_seed = 2}, BackcopyOptions{.zipf = 0.9},
        BackcopyOptions{.sharp = 1.4}, BackcopyOptions{.trigger_rank = 1},
        BackcopyOptions{.bos = false}})
    EXPECT_NE(base, multicopy_hash({chain}));
  EXPECT_NE(base, multicopy_hash({{}, 3}));
  EXPECT_NE(base, multicopy_hash({{}, 4, 2}));
  EXPECT_EQ(base, source_identity(multicopy()));
  EXPECT_EQ(base, open_source(multicopy())->content_hash());
}

TEST(MulticopyTask, RefusesMoreTriggersThanSymbols) {
  try {
    open_source(sinkmoe::testing::source_config("multicopy",
                                                {{"symbols", 12}, {"triggers", 3}, {"kinds", 4}}));
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("data.kinds"));
  }
}

}  // namespace
}  // namespace sinkmoe::data
