#include "train/update/schedule.h"

#include <gtest/gtest.h>

namespace sinkmoe::train {
namespace {

config::TrainConfig config() {
  config::TrainConfig c;
  c.steps = 100;
  c.warmup = 10;
  c.decay_fraction = 0.2;
  c.lr = 1;
  return c;
}

TEST(LearningRate, WarmsUpHoldsAndDecaysToZero) {
  EXPECT_DOUBLE_EQ(learning_rate(config(), 0), 0.1);
  EXPECT_DOUBLE_EQ(learning_rate(config(), 9), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate(config(), 80), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate(config(), 90), 0.5);
  EXPECT_DOUBLE_EQ(learning_rate(config(), 99), 0.05);
}

TEST(LearningRate, WarmUpLongerThanTrainingNeverExceedsThePeak) {
  config::TrainConfig c = config();
  c.warmup = 1000;
  for (int64_t step = 0; step < c.steps; ++step) EXPECT_LE(learning_rate(c, step), 1.0);
  EXPECT_DOUBLE_EQ(learning_rate(c, 99), 0.05);
}

TEST(EvaluationSteps, StartAtZeroEndAtTheLastAndSpreadInLog) {
  const std::vector<int64_t> at = evaluation_steps(1000, 12);
  EXPECT_EQ(at, (std::vector<int64_t>{0, 10, 16, 25, 40, 63, 100, 158, 251, 398, 631, 1000}));
}

TEST(EvaluationSteps, SurviveShortRuns) {
  EXPECT_EQ(evaluation_steps(0, 12), (std::vector<int64_t>{0}));
  EXPECT_EQ(evaluation_steps(1, 12), (std::vector<int64_t>{0, 1}));
  EXPECT_EQ(evaluation_steps(5, 1), (std::vector<int64_t>{0, 5}));
  EXPECT_EQ(evaluation_steps(5, 2), (std::vector<int64_t>{0, 5}));
}

}  // namespace
}  // namespace sinkmoe::train
