#include "plan/condition/condition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/compose/compose.h"
#include "config/problems.h"

namespace sinkmoe::plan {
namespace {

using ::testing::HasSubstr;

bool holds(const std::string& text, const config::RunConfig& config = {}) {
  const auto value = [&](const std::string& key) { return field_condition_value(config, key); };
  return Condition(text, "here", value).holds(value);
}

std::string refused(const std::string& text) {
  return complaint([&] { holds(text); });
}

TEST(Condition, ComparesNumbersTextsAndTruth) {
  EXPECT_TRUE(holds("train.lr == 8e-3"));
  EXPECT_TRUE(holds("model.layers<=2&&model.layers >= 2"));
  EXPECT_FALSE(holds("model.layers < 2 || model.layers > 2"));
  EXPECT_TRUE(holds("attention.kind == 'vanilla'"));
  EXPECT_TRUE(holds("attention.kind != \"sink\""));
  EXPECT_TRUE(holds("!model.qk_norm"));
  EXPECT_TRUE(holds("model.qk_norm == false"));
  EXPECT_TRUE(holds("1e-3 < train.lr"));
  EXPECT_TRUE(holds("-1 < +2 && true"));
}

TEST(Condition, AndBindsTighterThanOr) {
  EXPECT_TRUE(holds("true || false && false"));
  EXPECT_FALSE(holds("(true || false) && false"));
  EXPECT_FALSE(holds("!(true || false)"));
  EXPECT_TRUE(holds("!false && !(1 == 2)"));
}

TEST(Condition, SaysWhatIsWrongWithACaret) {
  EXPECT_THAT(refused("attention.knd == 'x'"), HasSubstr("did you mean 'attention.kind'"));
  EXPECT_THAT(refused("train.lr == 'x'"), HasSubstr("different types"));
  EXPECT_THAT(refused("attention.kind < 'x'"), HasSubstr("only numbers have an order"));
  EXPECT_THAT(refused("train.lr"), HasSubstr("is not a condition"));
  EXPECT_THAT(refused("train.lr && true"), HasSubstr("this is not a condition"));
  EXPECT_THAT(refused("(true"), HasSubstr("not closed\n    (true\n    ^"));
  EXPECT_THAT(refused("true true"), HasSubstr("\n    true true\n         ^"));
  EXPECT_THAT(refused("true &&"), HasSubstr("at the end"));
  EXPECT_THAT(refused("attention.kind == 'x"), HasSubstr("do not close"));
  EXPECT_THAT(refused("train.lr == 1e"), HasSubstr("'1e' is not a number"));
  EXPECT_THAT(refused("train.lr = 1"), HasSubstr("expected && or ||"));
  EXPECT_NE(refused(""), "");
}

TEST(Condition, AMisspeltChoiceIsNoSilentFalse) {
  EXPECT_THAT(refused("model.mlp == 'gleu'"), HasSubstr("did you mean 'gelu'?"));
  EXPECT_THAT(refused("'gleu' != model.mlp"), HasSubstr("did you mean 'gelu'?"));
}

TEST(Condition, DepthAndLengthAreLimited) {
  EXPECT_TRUE(holds(std::string(60, '(') + "true" + std::string(60, ')')));
  EXPECT_THAT(refused(std::string(2000, '(')), HasSubstr("nested deeper"));
  EXPECT_THAT(refused(std::string(2000, '!') + "true"), HasSubstr("nested deeper"));
  EXPECT_THAT(refused(std::string(5000, ' ')), HasSubstr("longer than 4096"));
}

}  // namespace
}  // namespace sinkmoe::plan
