// What each behavior of Split makes of matches that follow each other. The values are those of the
// library's documentation.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "data/hf_tokenizer/steps/pre_tokenizer.h"

namespace sinkmoe::data {
namespace {

using Pieces = std::vector<std::string>;

Pieces split(const std::string& behavior, const std::string& text, const char* pattern = "-",
             bool invert = false) {
  const nlohmann::json json = {{"type", "Split"},
                               {"pattern", {{"Regex", pattern}}},
                               {"behavior", behavior},
                               {"invert", invert}};
  Pieces pieces;
  read_pre_tokenizer({json, "t"}).split(text, [&](std::string_view piece) {
    pieces.emplace_back(piece);
  });
  return pieces;
}

TEST(Split, DoesWithItsMatchesWhatTheBehaviorSays) {
  const std::string text = "the-final--countdown";
  EXPECT_EQ(split("Removed", text), (Pieces{"the", "final", "countdown"}));
  EXPECT_EQ(split("Isolated", text), (Pieces{"the", "-", "final", "-", "-", "countdown"}));
  EXPECT_EQ(split("MergedWithPrevious", text), (Pieces{"the-", "final-", "-", "countdown"}));
  EXPECT_EQ(split("MergedWithNext", text), (Pieces{"the", "-final", "-", "-countdown"}));
  EXPECT_EQ(split("Contiguous", text), (Pieces{"the", "-", "final", "--", "countdown"}));
}

TEST(Split, MayBeInverted) {
  EXPECT_EQ(split("Removed", "ab-cd", "[a-z]+", true), (Pieces{"ab", "cd"}));
  EXPECT_EQ(split("Isolated", "ab-cd", "-", true), (Pieces{"ab", "-", "cd"}));
}

TEST(Split, CutsAtEmptyMatches) {
  EXPECT_EQ(split("Isolated", "a12b3", "(?=[0-9])"), (Pieces{"a", "1", "2b", "3"}));
  EXPECT_EQ(split("Isolated", "ab", "x*"), (Pieces{"a", "b"}));
}

TEST(Split, KeepsTextWithoutMatches) {
  EXPECT_EQ(split("MergedWithNext", "abc"), Pieces{"abc"});
  EXPECT_EQ(split("Isolated", "-"), Pieces{"-"});
}

}  // namespace
}  // namespace sinkmoe::data
