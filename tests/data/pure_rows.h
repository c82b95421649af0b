// Rows are pure functions of their arguments, and splits share no rows.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "data/source.h"

namespace sinkmoe::data {

inline void expect_pure_rows(const config::DataConfig& config) {
  const auto a = open_source(config), b = open_source(config);
  std::vector<int32_t> x(65), y(65), valid(65);
  a->train_row(1, 2, 3, x);
  b->train_row(9, 9, 9, y);
  b->train_row(1, 2, 3, y);
  EXPECT_EQ(x, y);
  for (auto [seed, step, index] : {std::array<int, 3>{0, 2, 3}, {1, 3, 3}, {1, 2, 4}}) {
    b->train_row(static_cast<uint64_t>(seed), step, index, y);
    EXPECT_NE(x, y);
  }
  a->eval_row(5, valid);
  b->eval_row(5, y);
  EXPECT_EQ(valid, y);
  a->train_row(1, 0, 5, x);
  EXPECT_NE(x, valid);
  EXPECT_EQ(a->test_rows(), a->eval_rows());
  b->test_row(5, y);
  EXPECT_NE(y, valid);
  EXPECT_NE(y, x);
}

}  // namespace sinkmoe::data
