#include "plan/timing.h"

#include <gtest/gtest.h>

namespace sinkmoe::plan {
namespace {

config::RunConfig config_of(int64_t width, int64_t steps) {
  config::RunConfig config;
  config.model.width = width;
  config.train.steps = steps;
  config.train.batch = 1;
  config.data.context = 10;
  config.eval.points = 2;
  config.eval.tokens = 100;
  config.eval.final_tokens = 40;
  return config;
}

// By hand: 12 FLOPs a trained token, 4 of them forward; 20 steps of 10 tokens, and 240 evaluated tokens.
TEST(Timings, CountEvaluations) {
  const config::RunConfig config = config_of(64, 20);
  const Cost cost{.tokens = 200, .flops = 2400};
  EXPECT_EQ(work_of(config, cost), 2400 + 4 * 240);
}

TEST(Timings, WithoutAMeasuredRunUseTheAssumedSpeedAndAStart) {
  const TimeEstimate e = Timings({}, 96)(config_of(64, 20), {.tokens = 200, .flops = 2400});
  EXPECT_EQ(e.seconds, 3360.0 / 96 + 2);
  EXPECT_EQ(e.runs, 0);
}

TEST(Timings, OfTheSameShapeCountWhateverTheSeedAndTheSteps) {
  config::RunConfig other_seed = config_of(64, 20);
  other_seed.train.seed = 7;
  const Cost cost{.tokens = 200, .flops = 2400};
  const Timings timings({{config_of(64, 20), cost, 10},
                         {other_seed, cost, 14},
                         {other_seed, cost, 12},
                         {config_of(128, 20), {.tokens = 200, .flops = 9600}, 1000}},
                        1);
  const TimeEstimate same = timings(config_of(64, 20), cost);
  EXPECT_DOUBLE_EQ(same.seconds, 12) << "the median";
  EXPECT_DOUBLE_EQ(same.low, 10);
  EXPECT_DOUBLE_EQ(same.high, 14);
  EXPECT_TRUE(same.same_shape);
  EXPECT_EQ(same.runs, 3);
  const TimeEstimate longer = timings(config_of(64, 40), {.tokens = 400, .flops = 4800});
  EXPECT_DOUBLE_EQ(longer.seconds, 12 * (4800 + 960) / 3360.0);
}

TEST(Timings, OfTheNearestShapeAreScaledByFlops) {
  const Timings timings({{config_of(64, 20), {.tokens = 200, .flops = 2400}, 10},
                         {config_of(512, 20), {.tokens = 200, .flops = 240'000}, 100}},
                        1);
  const TimeEstimate e = timings(config_of(128, 20), {.tokens = 200, .flops = 4800});
  EXPECT_DOUBLE_EQ(e.seconds, 20);
  EXPECT_FALSE(e.same_shape);
}

}  // namespace
}  // namespace sinkmoe::plan
