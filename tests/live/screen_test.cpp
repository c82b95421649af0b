// What `watch` prints: curves as text, widths, counts.
#include "live/screen.h"

#include <gmock/gmock.h>

#include "core/text/utf8.h"

namespace sinkmoe::live {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

RunView run(const std::string& id) {
  RunView view{.run_id = id, .label = "attention.kind=sink", .status = RunStatus::running};
  view.step = 250;
  view.steps = 1000;
  view.tokens_per_second = 52100;
  view.flops_per_second = 8.1e9;
  view.share = 0.34;
  view.seconds_left = 75;
  view.evaluated_at = 200;
  view.evaluation = {{"eval/imbalance", 0.42}, {"eval/loss", 2.25}, {"eval/sink_rate", 25}};
  view.loss = {{10, 4.0}, {250, 2.0}};
  view.imbalance = {{0, 0.1}, {200, 0.42}};
  return view;
}

SweepView sweep(int64_t running) {
  SweepView view{.experiment = "quick", .title = "A sweep", .database = "r.db"};
  view.total = 18;
  view.states = {{RunStatus::done, 7}, {RunStatus::running, running}, {RunStatus::planned, 9}};
  view.leases = running;
  view.seconds_left = 130;
  for (int64_t i = 0; i < running; ++i)
    view.running.push_back(run("0123456789a" + std::to_string(i)));
  return view;
}

TEST(Sparkline, FollowsTheCurveFromItsFirstToItsLastStep) {
  Curve ramp;
  for (int64_t step = 0; step <= 80; ++step) ramp.push_back({step, static_cast<double>(step)});
  EXPECT_EQ(sparkline(ramp, 8), "▁▂▃▄▅▆▇█");
  EXPECT_EQ(sparkline(ramp, 8, true), "_.-=+*%#");
  EXPECT_EQ(sparkline({{0, 8}, {10, 1}}, 2), "█▁");
}

TEST(Sparkline, NeedsNoManyPoints) {
  EXPECT_EQ(sparkline({}, 5), "");
  EXPECT_EQ(sparkline({{7, 3.5}}, 3), "▁▁▁");
  EXPECT_EQ(sparkline({{0, 1}, {1, 1}}, 2), "▁▁");
  // Parts without a point keep the value before them.
  EXPECT_EQ(sparkline({{0, 0}, {100, 1}}, 4), "▁▁▁█");
}

TEST(Screen, ShowsWhatOneWantsToKnow) {
  const auto lines = screen(sweep(2), {.columns = 120, .rows = 40});
  EXPECT_EQ(lines[0], "quick: A sweep");
  EXPECT_EQ(lines[1], "18 runs, 9 planned, 2 running, 7 done   r.db");
  EXPECT_THAT(lines[2], HasSubstr(" 39%  2:10 left"));
  EXPECT_THAT(lines, Contains("01234567  attention.kind=sink"));
  EXPECT_THAT(lines, Contains("  step 250/1000 25%  52.1k tok/s  8.1GFLOP/s (34% of a matrix "
                              "product)  1:15 left"));
  EXPECT_THAT(lines, Contains(testing::ContainsRegex("^  loss +4 to 2  ")));
  EXPECT_THAT(lines, Contains("  evaluation at step 200: loss 2.25 imbalance 0.42 sink_rate 25%"));
}

TEST(Screen, ARunWithoutStepsEvaluates) {
  SweepView one = sweep(1);
  one.running[0].step = one.running[0].steps = 0;
  EXPECT_THAT(screen(one, {}), Contains(HasSubstr("  evaluates, no training")));
}

TEST(Screen, FitsTheTerminal) {
  for (const size_t columns : {1, 20, 40, 79, 200})
    for (const size_t rows : {1, 3, 10, 25}) {
      const auto lines = screen(sweep(9), {.columns = columns, .rows = rows});
      EXPECT_LE(lines.size(), rows);
      for (const std::string& line : lines) EXPECT_LE(characters(line), columns) << line;
    }
  EXPECT_THAT(screen(sweep(9), {.columns = 80, .rows = 17}), Contains("... and 7 more that run"));
}

TEST(Screen, NoControlCharacterOfANameReachesTheTerminal) {
  SweepView bad = sweep(1);
  bad.title = "\x1b[2J\nsecond line";
  bad.running[0].label =
      "\x9b"
      "31m\r";
  for (const std::string& line : screen(bad, {})) {
    EXPECT_THAT(line, Not(HasSubstr("\x1b")));
    EXPECT_THAT(line, Not(HasSubstr("\n")));
    EXPECT_THAT(line, Not(HasSubstr("\r")));
  }
}

TEST(Screen, SaysWhatEndedLastAndHow) {
  SweepView view = sweep(0);
  view.last = run("fedcba987654");
  view.last->status = RunStatus::diverged;
  view.last->message = "loss 1e9 at step 250";
  EXPECT_THAT(screen(view, {}), Contains("ended last, diverged: loss 1e9 at step 250"));
}

TEST(Summary, IsOneLine) {
  SweepView view = sweep(2);
  EXPECT_EQ(summary(view), "quick: 7 of 18 done, 2 running, 2:10 left");
  view.states = {{RunStatus::done, 17}, {RunStatus::failed, 1}};
  view.leases = 0;
  EXPECT_EQ(summary(view), "quick: 17 of 18 done, 1 failed");
}

}  // namespace
}  // namespace sinkmoe::live
