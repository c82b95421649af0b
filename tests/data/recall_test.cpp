// The sources "recall" and "needle".
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "core/error.h"
#include "data/pure_rows.h"
#include "data/source.h"
#include "data/synthetic/backcopy.h"
#include "data/synthetic/pairs.h"
#include "support/options.h"

namespace sinkmoe::data {
namespace {

using ::testing::HasSubstr;

config::DataConfig recall_config() { return {.source = "recall"}; }
config::DataConfig needle_config() {
  return sinkmoe::testing::source_config("needle", {{"pairs", 3}, {"queries", 2}});
}

std::vector<int32_t> train_row(const DataSource& source, int64_t index, size_t width = 65) {
  std::vector<int32_t> row(width);
  source.train_row(3, 17, index, row);
  return row;
}

std::vector<uint8_t> parts(const DataSource& source, const std::vector<int32_t>& row) {
  std::vector<uint8_t> part(row.size() - 1);
  source.parts_of(row, part);
  return part;
}

TEST(Choose, GivesDistinctNumbersInEveryOrder) {
  std::map<std::vector<int64_t>, int> seen;
  for (uint64_t i = 0; i < 6000; ++i) {
    Draw draw(0, "test", i);
    ++seen[choose(draw, 3, 2)];
  }
  EXPECT_EQ(seen.size(), 6u);
  for (const auto& [numbers, count] : seen) {
    EXPECT_NE(numbers[0], numbers[1]);
    EXPECT_NEAR(count, 1000, 150);
  }
}

std::vector<int32_t> valid_row(const DataSource& source, int64_t index) {
  std::vector<int32_t> row(65);
  source.eval_row(index, row);
  return row;
}

// Checks that a row holds `pairs` pairs and then questions in slots; returns how often each pair,
// by its place, is asked for.
std::vector<int> check_recall_row(const DataSource& source, const std::vector<int32_t>& row,
                                  size_t pairs) {
  const auto part = parts(source, row);
  EXPECT_EQ(row[0], 63);
  std::map<int32_t, int32_t> value;
  std::map<int32_t, size_t> place;
  for (size_t i = 0; i < pairs; ++i) {
    const int32_t key = row[1 + 2 * i], its = row[2 + 2 * i];
    EXPECT_TRUE(key >= 0 && key < 31) << "a key";
    EXPECT_TRUE(its >= 31 && its < 62) << "a value";
    place[key] = i;
    value[key] = its;
  }
  EXPECT_EQ(value.size(), pairs) << "keys differ";
  std::vector<int> asked(pairs);
  for (size_t t = 1; t < row.size(); ++t) {
    const bool answer = t > 1 + 2 * pairs && row[t - 1] < 31;
    EXPECT_EQ(part[t - 1], answer ? 0 : 1) << t;
    if (!answer) continue;
    EXPECT_EQ(t % 2, 0u) << "a slot's second token";
    EXPECT_EQ(row[t], value.at(row[t - 1]));
    ++asked[place.at(row[t - 1])];
  }
  EXPECT_EQ(std::accumulate(asked.begin(), asked.end(), 0), 8) << "eight questions";
  EXPECT_EQ(std::count(row.begin(), row.end(), 62), static_cast<int64_t>(48 - 2 * pairs));
  return asked;
}

TEST(Recall, ValidationRowsHoldAllPairsAndAskForEachEquallyOften) {
  const auto source = open_source(recall_config());
  std::vector<double> asked(8);
  const int rows = 3000;
  for (int64_t index = 0; index < rows; ++index) {
    const auto row = check_recall_row(*source, valid_row(*source, index), 8);
    for (size_t i = 0; i < 8; ++i) asked[i] += row[i];
  }
  for (double times : asked) EXPECT_NEAR(times / rows, 1, 0.1);
}

TEST(Recall, TrainingRowsHoldOneToAllPairs) {
  const auto source = open_source(recall_config());
  std::vector<double> count(9);
  const int rows = 4000;
  for (int64_t index = 0; index < rows; ++index) {
    const auto row = train_row(*source, index);
    size_t pairs = 0;
    std::set<int32_t> keys;
    while (row[1 + 2 * pairs] < 31 && keys.insert(row[1 + 2 * pairs]).second) ++pairs;
    check_recall_row(*source, row, pairs);
    ++count[pairs];
  }
  for (size_t n = 1; n <= 8; ++n) EXPECT_NEAR(count[n] / rows, 0.125, 0.03) << n;
}

// One question in 24 slots: its slot follows the power law.
TEST(Recall, QuestionsStandAtPowerLawGaps) {
  const auto source = open_source(sinkmoe::testing::source_config("recall", {{"queries", 1}}));
  std::vector<double> count(24);
  const int rows = 20000;
  for (int64_t index = 0; index < rows; ++index) {
    const auto row = valid_row(*source, index);
    for (size_t s = 0; s < 24; ++s) count[s] += row[17 + 2 * s] < 31 ? 1 : 0;
  }
  double all = 0;
  for (size_t s = 1; s <= 24; ++s) all += 1.0 / static_cast<double>(s);
  for (size_t s = 0; s < 24; ++s) {
    const double p = 1.0 / static_cast<double>(s + 1) / all;
    EXPECT_NEAR(count[s] / rows, p, 5 * std::sqrt(p * (1 - p) / rows)) << s;
  }
}

TEST(Recall, AFixedRow) {
  const auto source = open_source(sinkmoe::testing::source_config(
      "recall", {{"symbols", 16}, {"pairs", 3}, {"queries", 2}}, 16));
  std::vector<int32_t> row(17);
  source->eval_row(0, row);
  EXPECT_EQ(row,
            (std::vector<int32_t>{16, 1, 13, 2, 12, 6, 14, 6, 14, 2, 12, 15, 15, 15, 15, 15, 15}));
}

TEST(Needle, PairsAreHiddenInChainTextAndAskedForAtTheEnd) {
  const auto source = open_source(needle_config());
  const BackcopyTask chain = make_backcopy({.symbols = 48});
  std::map<std::pair<int32_t, int32_t>, double> follows;
  std::map<int32_t, double> total;
  std::vector<double> place(60);
  const int rows = 4000;
  for (int64_t index = 0; index < rows; ++index) {
    const auto row = train_row(*source, index);
    const auto part = parts(*source, row);
    EXPECT_EQ(row[0], 63);
    std::map<int32_t, int32_t> value;
    int32_t last = -1;
    for (size_t t = 1; t < 61; ++t) {
      EXPECT_EQ(part[t - 1], 1);
      if (row[t] >= 48) {
        ++place[t - 1];
        value[row[t]] = row[t + 1];
        EXPECT_LT(row[++t], 48);
        continue;
      }
      if (last >= 0) ++follows[{last, row[t]}], ++total[last];
      last = row[t];
    }
    ASSERT_EQ(value.size(), 3u) << "keys differ";
    EXPECT_EQ(row[62], value.at(row[61]));
    EXPECT_EQ(row[64], value.at(row[63]));
    EXPECT_EQ((std::vector<uint8_t>{part.end() - 4, part.end()}),
              (std::vector<uint8_t>{1, 0, 1, 0}));
  }
  for (size_t t = 0; t < 60; ++t)
    EXPECT_NEAR(place[t] / rows, t % 2 == 0 ? 0.1 : 0.0, 0.025) << "anywhere, " << t;
  for (const auto& [pair, count] : follows) {
    const double p = chain.row(pair.first)[static_cast<size_t>(pair.second)], n = total[pair.first];
    EXPECT_NEAR(count / n, p, 5 * std::sqrt(p * (1 - p) / n) + 1 / n);
  }
}

TEST(Needle, AFixedRow) {
  const auto source = open_source(sinkmoe::testing::source_config(
      "needle", {{"symbols", 16}, {"pairs", 2}, {"queries", 1}}, 16));
  std::vector<int32_t> row(17);
  source->train_row(1, 2, 3, row);
  EXPECT_EQ(row, (std::vector<int32_t>{16, 1, 0, 8, 4, 5, 0, 8, 0, 11, 8, 14, 1, 15, 6, 15, 6}));
}

struct PairSource : ::testing::TestWithParam<std::string> {
  config::DataConfig config() const {
    return GetParam() == "recall" ? recall_config() : needle_config();
  }
  config::DataConfig with(const std::string& option, int64_t value) const {
    config::DataConfig changed = config();
    changed.options.set(GetParam(), option, value);
    return changed;
  }
};

TEST_P(PairSource, RowsArePureFunctionsOfTheirArguments) {
  expect_pure_rows(config());
  EXPECT_EQ(open_source(config())->parts(), (std::vector<std::string>{"answer", "filler"}));
}

TEST_P(PairSource, HashFollowsEveryFieldOfTheTask) {
  const std::string base = source_identity(config());
  EXPECT_EQ(open_source(config())->content_hash(), base);
  config::DataConfig longer = config();
  longer.context = 128;
  longer.options.set("multicopy", "kinds", 2);
  EXPECT_EQ(source_identity(longer), base);
  for (const auto& [option, value] : {std::pair("symbols", 62), std::pair("pairs", 4),
                                      std::pair("queries", 1), std::pair("chain_seed", 2)})
    EXPECT_NE(source_identity(with(option, value)), base) << option;
}

TEST_P(PairSource, RefusesWhatMakesNoRow) {
  const auto complaint = [](const config::DataConfig& data) {
    try {
      open_source(data);
    } catch (const Error& e) {
      return std::string(e.what());
    }
    return std::string("no error");
  };
  EXPECT_THAT(complaint(with("pairs", 40)), HasSubstr("keys"));
  config::DataConfig data = config();
  data.context = GetParam() == "recall" ? 2 * (8 + 8) - 1 : 2 * (3 + 2) - 1;
  EXPECT_THAT(complaint(data), HasSubstr("data.context"));
  data.context += 1;
  EXPECT_EQ(complaint(data), "no error") << "the shortest row that holds everything";
}

INSTANTIATE_TEST_SUITE_P(Both, PairSource, ::testing::Values("recall", "needle"),
                         [](const auto& each) { return each.param; });

}  // namespace
}  // namespace sinkmoe::data
