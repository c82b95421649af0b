// Ticks, intervals and gaps of figures, against values by hand.
#include <gmock/gmock.h>

#include "hand_made.h"
#include "report/draw/figure_parts.h"
#include "report/draw/plot/plot_axis.h"

namespace sinkmoe::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(Ticks, TheNumbersOfAnAxisHaveOneNotation) {
  EXPECT_THAT(tick_labels({0, 5e-5, 1e-4, 0.01}), ElementsAre("0", "0.00005", "0.0001", "0.01"));
  EXPECT_THAT(tick_labels({5e-6, 1e-5, 2e-5}), ElementsAre("5e-6", "1e-5", "2e-5"));
  EXPECT_THAT(tick_labels({0, 2e8}), ElementsAre("0", "2e8"));
}

TEST(Ticks, StandAtRoundNumbers) {
  EXPECT_THAT(tick_places({-0.05, 1.05}, false),
              ElementsAre(0, testing::DoubleEq(0.2), testing::DoubleEq(0.4),
                          testing::DoubleNear(0.6, 1e-12), testing::DoubleEq(0.8), 1));
  EXPECT_EQ(tick_places({0.0008, 9}, true).size(), 4u) << "0.001 to 1";
  EXPECT_EQ(tick_places({1.9, 12}, true).size(), 3u) << "2, 5, 10";
}

// gnuplot draws an arrow beyond the range right across titles and caption.
TEST(Guides, AreDrawnInsideTheRangeOnly) {
  FigureAxis x, y;
  x.guide = 0.3;
  y.guide = 5;
  const std::string both = guide_commands(x, {0, 1}, y, {0, 10});
  EXPECT_THAT(both, HasSubstr("from first 0.3, graph 0"));
  EXPECT_THAT(both, HasSubstr("from graph 0, first 5"));
  const std::string one = guide_commands(x, {0, 1}, y, {0, 4.9});
  EXPECT_THAT(one, HasSubstr("from first 0.3, graph 0"));
  EXPECT_THAT(one, Not(HasSubstr("first 5")));
  EXPECT_EQ(guide_commands(x, {0.31, 1}, y, {5.1, 6}), "unset arrow\n");
}

TEST(Intervals, EndWhereNoValueCanLieAndNeedThreeValues) {
  FigureAxis share;
  share.least = 0;
  share.most = 1;
  // Mean 0.5, sd 0.4583, t(2) = 4.303: half width 1.138.
  const std::vector<double> values = {0.1, 0.4, 1.0};
  const auto interval = shown_interval(stats::summarize(values), share);
  ASSERT_TRUE(interval);
  EXPECT_EQ(interval->low, 0);
  EXPECT_EQ(interval->high, 1);
  EXPECT_NEAR(shown_interval(stats::summarize(values), {})->low, 0.5 - 1.1384, 1e-3);
  const std::vector<double> two = {0.1, 0.4};
  EXPECT_FALSE(shown_interval(stats::summarize(two), share));
}

TEST(LogAxis, CountsTheValuesThatItCannotShow) {
  // The value at step 0 with seed 0 is 0.25 + 0; minus 0.25 it is 0 for both variants.
  DocumentInput input;
  input.query = "q";
  input.rows = hand_made_steps(3);
  for (auto& row : input.rows.rows) row[5] = to_number(row[5]) - 0.25;
  const std::string toml =
      "paper = \"F\"\ntitle = \"T\"\nquery = \"q\"\n[layout]\nkind = \"lines\"\nseries = "
      "[\"variant\"]\nx = { column = \"step\" }\ny = { column = \"value\", log = true }\n";
  const Document d = make_document(parse_spec(toml, "plots/f.toml"), input);
  EXPECT_THAT(d.figure->rule, HasSubstr("2 values at or below 0 not on the logarithmic axis"));
  EXPECT_THAT(d.figure->rule, HasSubstr("range of the runs"));
}

TEST(Heatmap, ShowsEverySeedAndSaysSo) {
  DocumentInput input;
  input.query = "q";
  input.rows = {{"layer", "head", "seed", "run_id", "status", "value"}, {}};
  for (int64_t seed = 0; seed < 3; ++seed)
    for (int64_t head = 0; head < 2; ++head)
      input.rows.rows.push_back({int64_t{0}, head, seed, "r" + std::to_string(seed), "done",
                                 0.1 * static_cast<double>(seed + head)});
  const std::string toml =
      "paper = \"F\"\ntitle = \"T\"\nquery = \"q\"\n[layout]\nkind = \"heatmap\"\nx = { column = "
      "\"head\" }\ny = { column = \"layer\" }\ncolor = { column = \"value\" }\n";
  const Document d = make_document(parse_spec(toml, "plots/f.toml"), input);
  EXPECT_THAT(d.figure->rule, HasSubstr("one stripe for each seed"));
  EXPECT_THAT(d.figure->rule, HasSubstr("n = 3 (seeds 0, 1, 2)"));
  ASSERT_EQ(d.figure->marks.size(), 6u);
  EXPECT_EQ(d.figure->marks[1].text, "layer 0, head 0, seed 1: 0.1");
}

TEST(RowsOfPanels, CanHaveRangesOfTheirOwn) {
  for (const bool own : {false, true}) {
    DocumentInput input;
    input.query = "q";
    input.rows = hand_made_steps(2);
    for (auto& row : input.rows.rows)
      if (to_text(row[0]) == "gated") row[5] = 1000 * to_number(row[5]);
    const std::string toml =
        "paper = \"F\"\ntitle = \"T\"\nquery = \"q\"\n[layout]\nkind = \"lines\"\npanel_rows = "
        "\"variant\"\nx = { column = \"step\" }\ny = { column = \"value\" }\nown_ranges = " +
        std::string(own ? "true" : "false") + "\n";
    const Document d = make_document(parse_spec(toml, "plots/f.toml"), input);
    // vanilla lies between 0.25 and 0.37625.
    const size_t first = d.figure->script.find("set yrange [");
    const double low = std::stod(d.figure->script.substr(first + 12));
    EXPECT_EQ(low > 0.2, own) << low;
  }
}

}  // namespace
}  // namespace sinkmoe::report
