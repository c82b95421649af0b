#include "core/table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"

namespace sinkmoe {
namespace {

using testing::HasSubstr;

TEST(TableTest, FindsColumnsByName) {
  const Table table{.columns = {"a", "b"}, .rows = {}};
  EXPECT_EQ(table.column("b"), 1u);
  try {
    table.column("c");
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("no column 'c' in the result; columns are: a, b"));
  }
}

TEST(CellTest, TextOfEveryKind) {
  EXPECT_EQ(to_text(Cell{}), "");
  EXPECT_EQ(to_text(Cell{int64_t{-3}}), "-3");
  EXPECT_EQ(to_text(Cell{0.1}), "0.1");
  EXPECT_EQ(to_text(Cell{"x"}), "x");
  EXPECT_TRUE(is_null(Cell{}));
  EXPECT_FALSE(is_null(Cell{""}));
}

TEST(CellTest, NumbersAndNothingElse) {
  EXPECT_EQ(to_number(Cell{int64_t{7}}), 7.0);
  EXPECT_EQ(to_number(Cell{2.5}), 2.5);
  EXPECT_THROW(to_number(Cell{"7"}), Error);
  EXPECT_THROW(to_number(Cell{}), Error);
}

}  // namespace
}  // namespace sinkmoe
