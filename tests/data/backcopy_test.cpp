#include "data/synthetic/backcopy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/error.h"
#include "data/source.h"
#include "support/options.h"

namespace sinkmoe::data {
namespace {

using ::testing::HasSubstr;

config::DataConfig backcopy(const sinkmoe::testing::OptionValues& options) {
  return sinkmoe::testing::source_config("backcopy", options);
}

// Entropy of a distribution, written anew for the tests.
double entropy(std::span<const double> p) {
  double nats = 0;
  for (double x : p) nats -= x > 0 ? x * std::log(x) : 0;
  return nats;
}

TEST(BackcopyTask, RowsOfTheChainSumToOne) {
  const BackcopyTask task = make_backcopy({});
  ASSERT_EQ(task.transition.size(), 63u * 63u);
  for (int64_t i = 0; i < 63; ++i) {
    const auto row = task.row(i);
    EXPECT_NEAR(std::accumulate(row.begin(), row.end(), 0.0), 1, 1e-12);
    EXPECT_TRUE(std::all_of(row.begin(), row.end(), [](double p) { return p > 0; }));
  }
}

TEST(BackcopyTask, PiIsStationary) {
  const BackcopyTask task = make_backcopy({});
  for (int64_t j = 0; j < 63; ++j) {
    double next = 0;
    for (int64_t i = 0; i < 63; ++i)
      next += task.stationary[static_cast<size_t>(i)] * task.row(i)[static_cast<size_t>(j)];
    EXPECT_NEAR(next, task.stationary[static_cast<size_t>(j)], 1e-12);
  }
}

TEST(BackcopyTask, TriggersAreTheMostProbableSymbols) {
  const BackcopyTask task = make_backcopy({});
  ASSERT_EQ(task.triggers.size(), 3u);
  double least = 1;
  for (int32_t trigger : task.triggers)
    least = std::min(least, task.stationary[static_cast<size_t>(trigger)]);
  for (int32_t i = 0; i < 63; ++i)
    EXPECT_EQ(task.stationary[static_cast<size_t>(i)] >= least,
              task.is_trigger[static_cast<size_t>(i)] == 1)
        << i;
  EXPECT_EQ(task.is_trigger[63], 0) << "BOS is no trigger";
}

// With sharp 0 every row is the Zipf distribution itself: values known in closed form.
TEST(BackcopyTask, WithoutSpreadTheChainIsZipf) {
  const BackcopyTask task = make_backcopy({.symbols = 4, .triggers = 1, .zipf = 1, .sharp = 0});
  const std::vector<double> zipf = {12.0 / 25, 6.0 / 25, 4.0 / 25, 3.0 / 25};
  for (int64_t i = 0; i < 4; ++i)
    for (size_t j = 0; j < 4; ++j) EXPECT_NEAR(task.row(i)[j], zipf[j], 1e-14);
  EXPECT_NEAR(chain_entropy(task), entropy(zipf), 1e-14);
  EXPECT_NEAR(trigger_mass(task), 0.48, 1e-14);
  EXPECT_EQ(task.triggers, std::vector<int32_t>{0});
  EXPECT_NEAR(task.start[1], 6.0 / 13, 1e-14);
}

TEST(BackcopyTask, LooksLikeTheTrialOfTheDecisions) {
  const BackcopyTask task = make_backcopy({});
  EXPECT_NEAR(trigger_mass(task), 0.36, 0.08);
  EXPECT_NEAR(chain_entropy(task), 2.69, 0.2);
  EXPECT_NEAR(backcopy_floor(task, 64).nats, 1.6561, 1e-3)
      << "chain seed 1; other seeds 1.3 to 2.1";
}

TEST(BackcopyTask, ChainSeedAndNothingElseMakesTheChain) {
  EXPECT_EQ(make_backcopy({}).transition, make_backcopy({.triggers = 7}).transition);
  EXPECT_NE(make_backcopy({}).transition, make_backcopy({.chain_seed = 2}).transition);
}

// The hash of the default fields stands in databases.
// The rows of docs/random.md, from a separate program.
TEST(Backcopy, GivesTheRowsOfThePage) {
  config::DataConfig config = backcopy({});
  config.context = 15;
  const auto source = open_source(config);
  std::vector<int32_t> row(16);
  source->eval_row(0, row);
  EXPECT_EQ(row, (std::vector<int32_t>{63, 14, 16, 15, 1, 15, 8, 4, 15, 31, 33, 6, 2, 6, 0, 6}));
  source->train_row(5, 7, 3, row);
  EXPECT_EQ(row, (std::vector<int32_t>{63, 25, 16, 14, 13, 5, 2, 5, 2, 5, 3, 1, 3, 1, 3, 40}));
}

TEST(BackcopyTask, HashIsPinned) { EXPECT_EQ(backcopy_hash({}).substr(0, 12), "6c33806d000c"); }

TEST(BackcopyTask, TriggerRankTakesTheNextSymbols) {
  const std::vector<int32_t> six = make_backcopy({.triggers = 6}).triggers;
  const BackcopyTask shifted = make_backcopy({.trigger_rank = 3});
  EXPECT_EQ(shifted.triggers, (std::vector<int32_t>{six.begin() + 3, six.end()}));
  EXPECT_EQ(shifted.transition, make_backcopy({}).transition) << "the chain stays";
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(shifted.is_trigger[static_cast<size_t>(six[i])], 0);
    EXPECT_GT(shifted.start[static_cast<size_t>(six[i])], 0);
    EXPECT_EQ(shifted.start[static_cast<size_t>(six[i + 3])], 0);
  }
}

TEST(BackcopyTask, RefusesFieldsThatMakeNoTask) {
  EXPECT_THROW(make_backcopy({.trigger_rank = 61}), Error);
  EXPECT_NO_THROW(make_backcopy({.trigger_rank = 60}));
  EXPECT_THROW(make_backcopy({.symbols = 5, .triggers = 5}), Error);
  EXPECT_THROW(backcopy_hash({.symbols = 5, .triggers = 5}), Error);
  EXPECT_THROW(make_backcopy({.symbols = 60000}), Error);
  EXPECT_THROW(open_source(backcopy({{"symbols", 60000}})), Error);
}

TEST(BackcopyTask, HashFollowsEveryOption) {
  const std::string base = backcopy_hash({});
  EXPECT_EQ(base.size(), 64u);
  for (const BackcopyOptions& other :
       {BackcopyOptions{.symbols = 62}, BackcopyOptions{.triggers = 2},
        BackcopyOptions{.chain_seed = 2}, BackcopyOptions{.zipf = 0.9},
        BackcopyOptions{.sharp = 1.4}, BackcopyOptions{.trigger_rank = 1},
        BackcopyOptions{.bos = false}})
    EXPECT_NE(base, backcopy_hash(other));
  EXPECT_EQ(base, source_identity({.path = "x", .context = 9}));
  EXPECT_EQ(base, open_source({})->content_hash());
}

TEST(BackcopySource, RowsObeyTheRule) {
  const auto source = open_source({});
  const BackcopyTask task = make_backcopy({});
  std::vector<int32_t> row(65);
  for (int64_t index = 0; index < 200; ++index) {
    source->train_row(3, 17, index, row);
    EXPECT_EQ(row[0], 63);
    EXPECT_FALSE(task.is_trigger[static_cast<size_t>(row[1])]);
    for (size_t t = 1; t < row.size(); ++t) ASSERT_TRUE(row[t] >= 0 && row[t] < 63);
    for (size_t t = 2; t < row.size(); ++t)
      if (task.is_trigger[static_cast<size_t>(row[t - 1])] &&
          !task.is_trigger[static_cast<size_t>(row[t - 2])]) {
        EXPECT_EQ(row[t], row[t - 2]);
      }
  }
}

TEST(BackcopySource, PartsNameTheCopiedTargets) {
  const auto source =
      open_source(backcopy({{"symbols", 4}, {"triggers", 1}, {"sharp", 0}}));  // trigger 0, BOS 4
  ASSERT_EQ(source->parts(), (std::vector<std::string>{"backcopy", "chain"}));
  const std::vector<int32_t> row = {4, 2, 0, 2, 0, 2, 0, 0, 3};
  std::vector<uint8_t> part(row.size() - 1);
  source->parts_of(row, part);
  //                                 2  0  2  0  2  0  0* 3: after (2, 0) a copy; after (0, 0) the
  //                                 chain
  EXPECT_EQ(part, (std::vector<uint8_t>{1, 1, 0, 1, 0, 1, 0, 1}));
}

TEST(BackcopySource, BosBeforeATriggerIsNotCopied) {
  const auto source = open_source(backcopy({{"symbols", 4}, {"triggers", 1}, {"sharp", 0}}));
  std::vector<uint8_t> part(2);
  source->parts_of(std::vector<int32_t>{4, 0, 1}, part);
  EXPECT_EQ(part, (std::vector<uint8_t>{1, 1}));
}

TEST(BackcopySource, WithoutBosARowStartsAtItsFirstSymbol) {
  const auto with = open_source({}), without = open_source(backcopy({{"bos", false}}));
  std::vector<int32_t> row(66), same(65);
  std::vector<uint8_t> part(65), same_part(64);
  for (int64_t index = 0; index < 50; ++index) {
    with->train_row(1, 2, index, row);
    without->train_row(1, 2, index, same);
    EXPECT_TRUE(std::equal(same.begin(), same.end(), row.begin() + 1));
    with->parts_of(row, part);
    without->parts_of(same, same_part);
    EXPECT_TRUE(std::equal(same_part.begin(), same_part.end(), part.begin() + 1));
  }
  EXPECT_EQ(without->vocabulary(), 64) << "losses stay comparable";
}

TEST(BackcopySource, RowsArePureFunctionsOfTheirArguments) {
  const auto a = open_source({}), b = open_source({});
  std::vector<int32_t> x(65), y(65), shorter(33);
  a->train_row(1, 2, 3, x);
  b->train_row(9, 9, 9, y);
  b->train_row(1, 2, 3, y);
  EXPECT_EQ(x, y);
  b->train_row(1, 2, 3, shorter);
  EXPECT_TRUE(std::equal(shorter.begin(), shorter.end(), x.begin()))
      << "a shorter context is a prefix";
  for (auto [seed, step, index] : {std::array<int, 3>{0, 2, 3}, {1, 3, 3}, {1, 2, 4}}) {
    b->train_row(static_cast<uint64_t>(seed), step, index, y);
    EXPECT_NE(x, y);
  }
}

TEST(BackcopySource, ValidationRowsAreFixedAndNoTrainingRow) {
  const auto source = open_source({});
  EXPECT_GE(source->eval_rows() * 64, 500000);
  std::vector<int32_t> valid(65), train(65), again(65);
  for (int64_t index : {int64_t{0}, int64_t{1}, source->eval_rows() - 1}) {
    source->eval_row(index, valid);
    source->eval_row(index, again);
    EXPECT_EQ(valid, again);
    EXPECT_EQ(valid[0], source->bos());
    source->train_row(1, 0, index, train);  // the same seed number as the chain's
    EXPECT_NE(valid, train);
  }
}

TEST(BackcopySource, SymbolsFollowTheChain) {
  const BackcopyTask task = make_backcopy({.symbols = 5, .triggers = 1});
  const auto source = open_source(backcopy({{"symbols", 5}, {"triggers", 1}}));
  std::vector<double> count(25), total(5);
  std::vector<int32_t> row(65);
  for (int64_t index = 0; index < 20000; ++index) {
    source->train_row(0, 0, index, row);
    for (size_t t = 2; t < row.size(); ++t) {
      if (task.copies(row[t - 2], row[t - 1])) continue;
      ++count[static_cast<size_t>(row[t - 1] * 5 + row[t])];
      ++total[static_cast<size_t>(row[t - 1])];
    }
  }
  EXPECT_EQ(total[static_cast<size_t>(task.triggers[0])], 0) << "nothing is drawn after a trigger";
  for (size_t i = 0; i < 25; ++i) {
    if (task.is_trigger[i / 5]) continue;
    const double p = task.transition[i], n = total[i / 5];
    EXPECT_NEAR(count[i] / n, p, 5 * std::sqrt(p * (1 - p) / n)) << i;
  }
}

TEST(OpenSource, NamesTheNearestSource) {
  try {
    open_source({.source = "backcpy"});
    FAIL() << "no error";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("backcopy"));
  }
}

}  // namespace
}  // namespace sinkmoe::data
