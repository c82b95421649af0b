#include "config/compose/override.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/problems.h"

namespace sinkmoe::config {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> values(const std::string& argument) {
  std::vector<std::string> result;
  for (const Setting& setting : parse_override(argument).settings)
    result.push_back(toml_literal(setting.value));
  return result;
}

std::string refused(const std::string& argument) {
  return complaint([&] { parse_override(argument); });
}

TEST(Override, SetsAKey) {
  const Override override = parse_override("train.lr=1e-3");
  EXPECT_FALSE(override.group);
  EXPECT_EQ(override.key, "train.lr");
  EXPECT_THAT(values("train.lr=1e-3"), ElementsAre("0.001"));
  EXPECT_THAT(values("+train.lr=1e-3"), ElementsAre("0.001"));
  EXPECT_EQ(override.settings[0].where, "argument 'train.lr=1e-3'");
}

TEST(Override, ResetsAKey) {
  const Override override = parse_override("~train.lr");
  EXPECT_EQ(override.key, "train.lr");
  EXPECT_TRUE(override.settings[0].reset);
}

TEST(Override, AKeyWithoutADotIsAGroup) {
  EXPECT_TRUE(parse_override("model=tiny").group);
  EXPECT_THAT(values("model=tiny,small"), ElementsAre("\"tiny\"", "\"small\""));
}

TEST(Override, BareWordsAndTomlAreBothTexts) {
  EXPECT_THAT(values("attention.kind=sink"), ElementsAre("\"sink\""));
  EXPECT_THAT(values("attention.kind=\"sink\""), ElementsAre("\"sink\""));
  EXPECT_THAT(values("attention.kind='sink'"), ElementsAre("\"sink\""));
  EXPECT_THAT(values("data.path=2024"), ElementsAre("\"2024\"")) << "the field is a text";
  EXPECT_THAT(values("data.path=a#b=c it's"), ElementsAre("\"a#b=c it's\""));
  EXPECT_THAT(values("data.path="), ElementsAre("\"\""));
  EXPECT_THAT(values("data.path=Büro"), ElementsAre("\"Büro\""));
}

TEST(Override, CommasSeparateOutsideQuotesAndBrackets) {
  EXPECT_THAT(values("balance.weight=0, 1e-2"), ElementsAre("0", "0.01"));
  EXPECT_THAT(values("data.path=\"a,b\",c"), ElementsAre("\"a,b\"", "\"c\""));
  EXPECT_THAT(values("train.seed=seeds(2),7"), ElementsAre("0", "1", "7"));
}

TEST(Override, CallsBecomeValues) {
  EXPECT_THAT(values("train.seed=seeds(3)"), ElementsAre("0", "1", "2"));
  EXPECT_THAT(values("train.lr=logspace(1e-4,1e-1,4)"),
              ElementsAre("1e-04", "0.001", "0.01", "0.1"));
  EXPECT_THAT(values("data.path=seeds(3)"), ElementsAre("\"seeds(3)\"")) << "the field is a text";
}

TEST(Override, SaysWhatIsWrongAndWhere) {
  EXPECT_THAT(refused("train.lr"), HasSubstr("expected key=value"));
  EXPECT_THAT(refused("=1"), HasSubstr("no key before '='"));
  EXPECT_THAT(refused("~train.lr=1"), HasSubstr("~ takes a key alone"));
  EXPECT_THAT(refused("data.path=\"a"), HasSubstr("\n    data.path=\"a\n              ^~"));
  EXPECT_THAT(refused("train.seed=sedes(3)"), HasSubstr("did you mean 'seeds'?"));
  EXPECT_THAT(refused("train.lr=\xff"), HasSubstr("not UTF-8 at byte 9"));
}

TEST(Override, FormsOfOtherProgramsGetAHint) {
  EXPECT_THAT(refused("train.lr=[1e-3,1e-2]"), HasSubstr("write train.lr=1e-3,1e-2"));
  EXPECT_THAT(refused("attention.kind=list[vanilla,sink]"),
              HasSubstr("write attention.kind=vanilla,sink"));
  EXPECT_THAT(refused("model=choice(tiny,small)"), HasSubstr("write model=tiny,small"));
  EXPECT_THAT(refused("++train.lr=1"), HasSubstr("'++' is not used here; write train.lr=1"));
  EXPECT_THAT(values("data.path='[a]'"), ElementsAre("\"[a]\""));
}

TEST(Override, ACommaWithoutAValueIsRefused) {
  for (const std::string argument :
       {"train.lr=1,", "train.lr=,1", "train.lr=1,,2", "eval.tasks=piqa,", "model=tiny,"})
    EXPECT_THAT(refused(argument), HasSubstr("no value beside a comma")) << argument;
  EXPECT_THAT(refused("train.lr=1,"), HasSubstr("\n    train.lr=1,\n              ^"));
  EXPECT_THAT(values("data.path=\"\",a"), ElementsAre("\"\"", "\"a\""));
}

TEST(Override, TasksAreOneValueUnlessTheyAreQuoted) {
  EXPECT_THAT(values("eval.tasks=lambada,piqa"), ElementsAre("\"lambada,piqa\""));
  EXPECT_THAT(values("eval.tasks='lambada,piqa','all'"),
              ElementsAre("\"lambada,piqa\"", "\"all\""));
}

TEST(Override, ANumberThatWouldBecomeZeroIsRefused) {
  for (const std::string argument : {"train.lr=1e-400", "train.lr=-1e-400", "train.lr=+0.1,1e-999"})
    EXPECT_THAT(refused(argument), HasSubstr("so small that it would be read as 0; write 0"));
  EXPECT_THAT(refused("train.lr=1e-400"), HasSubstr("\n    train.lr=1e-400\n             ^~~~~~"));
  EXPECT_THAT(refused("train.lr=1e400"), HasSubstr("1e400"));
  EXPECT_THAT(refused("train.lr=range(0,1e-400,1)"), HasSubstr("too small or too large"));
  EXPECT_THAT(values("train.lr=0e-400"), ElementsAre("0.0"));
}

TEST(Override, ALineBreakStartsNoSecondKey) {
  EXPECT_THAT(values("train.steps=1\ntrain.lr = 5"), ElementsAre("\"1\\u000atrain.lr = 5\""));
}

TEST(Overrides, CollectsAllProblems) {
  const std::string text = complaint([] { parse_overrides({"a", "train.lr=1", "=b"}); });
  EXPECT_THAT(text, HasSubstr("argument 'a'"));
  EXPECT_THAT(text, HasSubstr("argument '=b'"));
}

TEST(Override, NothingAfterTheEqualsSignIsRefusedExceptAnEmptyText) {
  EXPECT_THAT(refused("train.steps="),
              HasSubstr("no value after '='; ~train.steps alone goes back"));
  EXPECT_THAT(refused("model= "), HasSubstr("no value after '='; name an option of the group"));
  EXPECT_THAT(values("data.path="), ElementsAre("\"\""));
}

TEST(Override, ANumberThatTomlRefusesIsExplainedInPlainWords) {
  for (const char* argument : {"train.lr=.5", "train.lr=1.", "train.steps=007"})
    EXPECT_THAT(refused(argument), HasSubstr("is not written as a number must be")) << argument;
}

TEST(Override, AKeyIsGivenOnce) {
  const auto twice = [](const std::vector<std::string>& arguments) {
    return complaint([&] { parse_overrides(arguments); });
  };
  EXPECT_THAT(twice({"train.lr=1e-3", "train.steps=5", "+train.lr=2e-3"}),
              HasSubstr("argument '+train.lr=2e-3': 'train.lr' is given twice"));
  EXPECT_THAT(twice({"train.lr=1e-3", "~train.lr"}), HasSubstr("given twice"));
  EXPECT_THAT(twice({"model=small", "model=wide"}), HasSubstr("'model' is given twice"));
  EXPECT_EQ(parse_overrides({"train.lr=1e-3", "train.lr_min=0"}).size(), 2u);
}

}  // namespace
}  // namespace sinkmoe::config
