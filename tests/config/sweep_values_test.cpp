#include "config/sweep/sweep_values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/problems.h"
#include "core/text/number.h"

namespace sinkmoe::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> expand(const std::string& text) {
  std::vector<std::string> numbers;
  for (const TomlValue& value : expand_call(text, "")) numbers.push_back(shortest(value.number));
  return numbers;
}

std::string refused(const std::string& text) {
  return complaint([&] { expand_call(text, "here"); });
}

TEST(SweepValues, WordsAndNumbersAreNoCalls) {
  for (const char* text : {"", "sink", "1e-3", "(1)", "a b(1)", "seeds", "seeds(1) "})
    EXPECT_TRUE(expand_call(text, "").empty()) << text;
}

TEST(SweepValues, SeedsCountFromZero) {
  EXPECT_THAT(expand("seeds(3)"), ElementsAre("0", "1", "2"));
}

TEST(SweepValues, RangeLeavesOutItsEnd) {
  EXPECT_THAT(expand("range(0, 10, 4)"), ElementsAre("0", "4", "8"));
  EXPECT_THAT(expand("range(0.1, 0.4, 0.1)"), ElementsAre("0.1", "0.2", "0.3"));
  EXPECT_THAT(expand("range(3, 0, -1)"), ElementsAre("3", "2", "1"));
}

TEST(SweepValues, LogspaceHitsRoundValuesExactly) {
  EXPECT_THAT(expand("logspace(1e-4,1e-1,4)"), ElementsAre("1e-04", "0.001", "0.01", "0.1"));
  EXPECT_THAT(expand("logspace(1,8,4)"), ElementsAre("1", "2", "4", "8"));
  EXPECT_THAT(expand("logspace(0.3,0.3,1)"), ElementsAre("0.3"));
}

TEST(SweepValues, RefusesBadArguments) {
  EXPECT_THAT(refused("seeds(0)"), HasSubstr("whole number from 1"));
  EXPECT_THAT(refused("seeds(1.5)"), HasSubstr("whole number from 1"));
  EXPECT_THAT(refused("seeds(1e9)"), HasSubstr("too many values"));
  EXPECT_THAT(refused("seeds()"), HasSubstr("'' is not a number"));
  EXPECT_THAT(refused("range(0,1)"), HasSubstr("range takes 3 arguments, got 2"));
  EXPECT_THAT(refused("range(0,1,0)"), HasSubstr("the step is 0"));
  EXPECT_THAT(refused("range(0,1,-1)"), HasSubstr("it is empty"));
  EXPECT_THAT(refused("range(0,1,1e-300)"), HasSubstr("too many values"));
  EXPECT_THAT(refused("logspace(0,1,3)"), HasSubstr("above 0"));
  EXPECT_THAT(refused("logspace(1,nan,3)"), HasSubstr("not a number"));
}

}  // namespace
}  // namespace sinkmoe::config
