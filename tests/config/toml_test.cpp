#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/problems.h"
#include "config/toml/toml_values.h"

namespace sinkmoe::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string refused(const std::string& text) {
  return complaint([&] { parse_toml(text, "f"); });
}

std::string repeated(const std::string& text, int n) {
  std::string result;
  for (int i = 0; i < n; ++i) result += text;
  return result;
}

TEST(Toml, KeepsTheOrderOfTheFile) {
  std::vector<std::string> names;
  const TomlValue table = parse_toml("z = 1\na = 2\nm = 3\n", "f");
  for (const TomlMember& member : table.members) names.push_back(member.key);
  EXPECT_THAT(names, ElementsAre("z", "a", "m"));
}

TEST(Toml, SaysWhereTheTextIsWrong) {
  EXPECT_THAT(refused("a = 1\nb = = 2\n"), HasSubstr("f:2:5"));
  EXPECT_THAT(refused("a = 1\na = 2\n"), HasSubstr("f:2:"));
  EXPECT_THAT(refused("a = \"\xc3\x28\""), HasSubstr("not UTF-8 at byte 5"));
}

TEST(Toml, RefusesWhatWouldExhaustTheStackOrTheMemory) {
  EXPECT_EQ(refused("a = " + repeated("[", 60) + repeated("]", 60)), "");
  EXPECT_THAT(refused("a = " + repeated("[", 65) + repeated("]", 65)), HasSubstr("nested deeper"));
  EXPECT_THAT(refused("a = " + repeated("[", 900000)), HasSubstr("nested deeper"));
  EXPECT_THAT(refused(repeated("a.", 900) + "a = 1"), HasSubstr("nested deeper"));
  EXPECT_THAT(refused(repeated("#", 1 << 21)), HasSubstr("limit"));
}

TEST(Toml, RefusesNumbersThatWouldBeReadAsZero) {
  EXPECT_THAT(refused("a = 1\nb = 1e-400\n"), HasSubstr("f:2:5: the number is so small"));
  EXPECT_THAT(refused("'\xc3\xa9' = [0.0, -3.5e-999]\n"), HasSubstr("so small"));
  for (const char* zero : {"a = 0.0", "a = -0e7", "a = [0.0, 1]  # 1", "a = 1e-300"})
    EXPECT_EQ(refused(zero), "") << zero;
}

TEST(Toml, CountsKeys) {
  std::string text;
  for (int i = 0; i < 10001; ++i) text += "k" + std::to_string(i) + "=1\n";
  EXPECT_THAT(refused(text), HasSubstr("more than 10000 keys"));
}

TEST(Toml, ScalarsReadBack) {
  for (const char* literal : {"1", "-7", "0.1", "1e-05", "1e+300", "true", "\"a\\\"b\"", "3.0"})
    EXPECT_EQ(toml_literal(parse_toml_scalar(literal, "")), literal);
  for (const char* bad : {"", "[1]", "1\nb = 2", "{}", "word", "1 2"})
    EXPECT_NE(complaint([&] { parse_toml_scalar(bad, ""); }), "") << bad;
}

}  // namespace
}  // namespace sinkmoe::config
