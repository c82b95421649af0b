#include "train/trainer.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>

#include "core/hash.h"
#include "core/registry.h"
#include "train/divergence.h"
#include "train/recorder.h"
#include "train/update/schedule.h"

namespace sinkmoe::train {
namespace {

using testing::Folder;
using testing::job_of;
using testing::Recorder;
using testing::run;
using testing::run_cut;
using testing::tiny_config;

class Variants : public ::testing::TestWithParam<std::string> {};

// Interrupted, resumed from its checkpoint, and finished: the same bits as never interrupted.
TEST_P(Variants, ResumeIsBitExact) {
  config::RunConfig config = tiny_config(GetParam());
  config.balance.weight = 1e-2;
  config.balance.shared_heads = 1;
  const Folder whole("whole"), cut("cut");
  const Recorder expected = run(config, whole.path), got = run_cut(config, cut.path);
  EXPECT_EQ(got.comparable(), expected.comparable());
  EXPECT_EQ(sha256_file(got.final_weights), sha256_file(expected.final_weights));
}

// The cut is at an evaluated step: the checkpoint holds its rows, and the resumed run may not write them again.
TEST_P(Variants, ResumeAtAnEvaluationWritesItsRowsOnce) {
  const config::RunConfig config = tiny_config(GetParam());
  const std::vector<int64_t> steps = evaluation_steps(config.train.steps, config.eval.points);
  const int64_t cut_at = steps.at(steps.size() - 2);
  ASSERT_GT(cut_at, 1);
  const Folder whole("whole7"), cut("cut7");
  EXPECT_EQ(run_cut(config, cut.path, {}, cut_at).comparable(),
            run(config, whole.path).comparable());
}

TEST_P(Variants, SameSeedSameBitsOtherSeedOtherBits) {
  config::RunConfig config = tiny_config(GetParam());
  const Folder a("a"), b("b"), c("c");
  const Recorder first = run(config, a.path), second = run(config, b.path);
  config.train.seed = 1;
  const Recorder other = run(config, c.path);
  EXPECT_EQ(first.comparable(), second.comparable());
  EXPECT_NE(first.last("eval/loss"), other.last("eval/loss"));
}

TEST_P(Variants, RecomputingLayersChangesNoBit) {
  config::RunConfig config = tiny_config(GetParam());
  config.balance.weight = 1e-2;
  config.train.micro_batches = 2;
  for (const int64_t lora_rank : {0, 2}) {
    config.train.lora_rank = lora_rank;
    if (lora_rank > 0) config.train.lora_form = config::LoraForm::peft;
    config.model.recompute = config::Recompute::none;
    const Folder a("kept"), b("again");
    const Recorder expected = run(config, a.path);
    config.model.recompute = config::Recompute::layer;
    const Recorder got = run(config, b.path);
    EXPECT_EQ(got.comparable(), expected.comparable());
  }
}

// Long enough for the rows of a step to be shared out among threads (2 x 256).
config::RunConfig whole_training(const std::string& kind) {
  config::RunConfig config = tiny_config(kind);
  config.data.context = 64;
  config.train.steps = 200;
  config.balance.weight = 1e-2;
  return config;
}

Recorder run_on(int threads, const config::RunConfig& config) {
  at::set_num_threads(threads);
  const Folder folder("threads");
  Recorder r = run(config, folder.path);
  at::set_num_threads(1);
  return r;
}

// Threads change the order of sums in matrix products only. What that does to one step, a rounding
// of 1e-7, grows as two trainings of nearly the same weights move apart.
TEST_P(Variants, AWholeTrainingRepeatsBitForBitAndHardlyDependsOnThreads) {
  const config::RunConfig config = whole_training(GetParam());
  const Recorder one = run_on(1, config), two = run_on(2, config), again = run_on(2, config);
  EXPECT_EQ(two.comparable(), again.comparable());
  EXPECT_NEAR(one.first("train/loss"), two.first("train/loss"), 1e-6);
  EXPECT_NEAR(one.last("eval/loss"), two.last("eval/loss"), 1e-5);
  RecordProperty("difference_e9",
                 std::to_string(1e9 * (one.last("eval/loss") - two.last("eval/loss"))));
}

INSTANTIATE_TEST_SUITE_P(All, Variants, ::testing::ValuesIn(plugin_names("variant")));

TEST(Trainer, LearnsTheTask) {
  config::RunConfig config = tiny_config();
  config.train.steps = 150;
  config.train.lr = 1e-2;
  const Folder folder("learns");
  const Recorder r = run(config, folder.path);
  const double first = r.first("eval/loss");
  EXPECT_NEAR(first, std::log(64.0), 0.1);
  EXPECT_LT(r.last("eval/loss"), first - 0.5);
  EXPECT_GT(r.last("eval/loss"), r.last("eval/floor"));
}

TEST(Trainer, WeightZeroIsTheSameTrainingWhateverTheLoss) {
  config::RunConfig config = tiny_config();
  const Folder a("w0a"), b("w0b");
  const Recorder with_cv2 = run(config, a.path);
  config.balance.loss = "l2_mean";
  EXPECT_EQ(with_cv2.last("eval/loss"), run(config, b.path).last("eval/loss"));
}

TEST(Trainer, MicroBatchesComputeTheSameGradient) {
  config::RunConfig config = tiny_config();
  config.train.steps = 3;
  const Folder a("m1"), b("m4");
  const double whole = run(config, a.path).last("eval/loss");
  config.train.micro_batches = 4;
  EXPECT_NEAR(run(config, b.path).last("eval/loss"), whole, 1e-5);
}

TEST(Trainer, AbsurdLearningRateIsReportedAsDiverged) {
  config::RunConfig config = tiny_config();
  config.train.lr = 10;
  config.train.clip = 0;
  config.train.steps = 300;
  config.train.decay_fraction = 0;
  const Folder folder("diverged");
  Recorder recorder;
  const auto source = data::open_source(config.data);
  const RunEnd result = train(job_of(config, folder.path, {}, {}), *source, recorder);
  EXPECT_EQ(result.outcome, Outcome::diverged);
  EXPECT_NE(result.message.find("step"), std::string::npos);
  for (const MetricRow& row : recorder.rows) EXPECT_TRUE(std::isfinite(row.value)) << row.name;
}

// Losses by hand; V = 8, so that ln V + 1 is 3.08.
TEST(DivergenceCheck, ComparesWithTheFirstLossOfTheRun) {
  const config::TrainConfig config{.warmup = 5};
  const auto end_of = [&](auto loss_of) {
    DivergenceCheck check(config, 8);
    for (int64_t step = 0; step < 100; ++step)
      if (!check({.step = step, .loss = loss_of(step)}).empty()) return step;
    return int64_t{-1};
  };
  EXPECT_EQ(end_of([](int64_t step) { return 87.6 - 0.4 * static_cast<double>(step); }), -1)
      << "a loss that falls from 87.6 to 48 is learning";
  EXPECT_EQ(end_of([](int64_t step) { return step < 30 ? 2.0 : 3.1; }), 49) << "from a low loss";
  EXPECT_EQ(end_of([](int64_t step) { return 87.6 + 0.1 * static_cast<double>(step); }), 24)
      << "twenty steps after warm-up";
  EXPECT_EQ(end_of([](int64_t step) { return step % 20 == 0 ? 3.0 : 5.0; }), -1);
}

// Twenty such steps end a run, also when it is cut before each twentieth.
TEST(Trainer, ADivergingRunThatIsCutEndsAsTheUncutOne) {
  config::RunConfig config = tiny_config();
  config.train.lr = 10;
  config.train.clip = 0;
  config.train.warmup = 0;
  config.train.steps = 60;
  config.train.checkpoint_every = 1000;
  const Folder whole("d_whole"), parts("d_parts");
  const auto source = data::open_source(config.data);
  Recorder uncut, cut;
  const RunEnd expected = train(job_of(config, whole.path), *source, uncut);
  ASSERT_EQ(expected.outcome, Outcome::diverged);
  EXPECT_NE(expected.message.find("for 20 steps, at step "), std::string::npos);
  std::optional<std::filesystem::path> resume;
  RunEnd end{Outcome::interrupted, ""};
  for (cut.stop_at = 7; end.outcome == Outcome::interrupted && cut.stop_at < 60; cut.stop_at += 7) {
    end = train(job_of(config, parts.path, resume), *source, cut);
    if (end.outcome == Outcome::interrupted) resume = cut.checkpoints.at(cut.stop_at);
  }
  EXPECT_EQ(end.message, expected.message);
}

TEST(Trainer, AChildOfNoStepsOnlyEvaluates) {
  config::RunConfig parent = tiny_config();
  parent.eval.final_tokens = 512;
  const Folder a("parent0"), b("child0"), c("child1");
  const Recorder p = run(parent, a.path);
  config::RunConfig child = parent;
  child.train.steps = 0;
  const Recorder r = run(child, b.path, p.final_weights);
  EXPECT_EQ(r.last("eval/loss"), p.last("eval/loss"));
  EXPECT_EQ(r.shown_loss, p.last("eval/loss"));
  EXPECT_EQ(r.rows.back().step, 0);
  EXPECT_FALSE(r.final_weights.empty());
  child.data.context = 48;  // rotary positions reach beyond the length of training
  child.eval.split = config::Split::test;
  const Recorder longer = run(child, c.path, p.final_weights);
  EXPECT_NE(longer.last("eval/loss"), p.last("eval/loss"));
  EXPECT_NEAR(longer.last("eval/loss"), p.last("eval/loss"), 0.5);
}

TEST(Trainer, TheTestSplitHasRowsOfItsOwn) {
  config::RunConfig config = tiny_config();
  config.train.steps = 0;
  const Folder a("valid"), b("test");
  const Recorder valid = run(config, a.path);
  config.eval.split = config::Split::test;
  EXPECT_NE(run(config, b.path).last("eval/loss"), valid.last("eval/loss"));
}

TEST(Trainer, ChildStartsWhereItsParentEnded) {
  config::RunConfig parent = tiny_config();
  parent.eval.final_tokens =
      parent.eval.tokens;  // the same rows at the parent's end and at the child's start
  const Folder a("parent"), b("child");
  const Recorder p = run(parent, a.path);
  config::RunConfig child = parent;
  child.attention.kind = "sink";                      // its sink logits are not in the parent
  child.attention.options.set("sink", "init", -100);  // a closed sink leaves plain attention
  Recorder c;
  const auto source = data::open_source(child.data);
  train(job_of(child, b.path, {}, p.final_weights), *source, c);
  EXPECT_NEAR(c.first("eval/loss"), p.last("eval/loss"), 1e-5);
  ASSERT_FALSE(c.events.empty());
  EXPECT_NE(c.events[0].text.find("sinks"), std::string::npos);
}

}  // namespace
}  // namespace sinkmoe::train
