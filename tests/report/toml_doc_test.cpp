#include "config/toml/toml_doc.h"

#include <gmock/gmock.h>

#include "core/error.h"

namespace sinkmoe::report {
namespace {

using testing::HasSubstr;

std::string error_of(const std::string& text) {
  try {
    config::parse_toml(text, "f.toml");
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(TomlDoc, KeepsOrderKindsAndPlaces) {
  const config::TomlValue root =
      config::parse_toml("z = 1\na = [2.5, \"x\"]\n[t]\n  b = true\n", "f.toml");
  ASSERT_EQ(root.members.size(), 3u);
  EXPECT_EQ(root.members[0].key, "z");
  EXPECT_EQ(root.find("z")->integer, 1);
  EXPECT_EQ(root.find("a")->items[0].number, 2.5);
  EXPECT_EQ(root.find("a")->items[1].text, "x");
  EXPECT_TRUE(root.find("t")->find("b")->boolean);
  EXPECT_EQ(root.find("t")->find("b")->line, 4);
  EXPECT_EQ(root.find("t")->find("b")->column, 3);
  EXPECT_EQ(root.find("nothing"), nullptr);
}

TEST(TomlDoc, ErrorsNameTheirPlace) {
  EXPECT_THAT(error_of("a = 1\nb = \n"), HasSubstr("f.toml:2:"));
  EXPECT_THAT(error_of("a = 1979-05-27\n"),
              HasSubstr("f.toml:1:5: dates and times are not used here"));
  EXPECT_THAT(error_of("a = nan\n"), HasSubstr("not finite"));
  EXPECT_THAT(error_of("a = \"\xff\"\n"), HasSubstr("not UTF-8 at byte 5"));
}

TEST(TomlDoc, LimitsHoldBeforeTheParserRuns) {
  EXPECT_THAT(error_of("a = " + std::string(100'000, '[')), HasSubstr("nested deeper than 64"));
  std::string dotted = "a";
  for (int i = 0; i < 100'000; ++i) dotted += ".a";
  EXPECT_THAT(error_of("\n" + dotted + " = 1\n"), HasSubstr("f.toml:2:1: nested deeper than 64"));
  EXPECT_THAT(error_of(std::string(config::kTomlBytes + 1, '\n')), HasSubstr("the limit is"));
  std::string many;
  for (int i = 0; i <= config::kTomlKeys; ++i) many += "k" + std::to_string(i) + " = 1\n";
  EXPECT_THAT(error_of(many), HasSubstr("more than 10000 keys"));
}

TEST(TomlDoc, BracketsInStringsAndCommentsAreNoNesting) {
  const std::string many(100, '[');
  EXPECT_EQ(error_of("a = '" + many + "' # " + many + "\nb = \"\"\"\n\\\"" + many + "\"\"\"\n"),
            "no error");
}

}  // namespace
}  // namespace sinkmoe::report
