#include "report/document/document.h"

#include <gmock/gmock.h>

#include <cmath>

#include "core/error.h"
#include "hand_made.h"

namespace sinkmoe::report {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

TEST(TableDocument, CellsShowMeanIntervalAndWhatIsMissing) {
  const Grid grid = *hand_made_document().grid;
  EXPECT_THAT(grid.header, ElementsAre("variant", "λ", "n", "loss (nats)", "Δ loss (nats)", "CV"));
  ASSERT_EQ(grid.rows.size(), 4u);
  // sd 0.02, t(2) 4.30265: 4.30265 * 0.02 / sqrt 3 = 0.0497.
  EXPECT_THAT(grid.rows[0],
              ElementsAre("vanilla", "0", "3", "2.020 ± 0.050", "control", "0.60 ± 0.25"));
  // Differences -0.02, -0.01, -0.03: mean -0.02, sd 0.01, half width 0.0248.
  EXPECT_THAT(grid.rows[1], ElementsAre("vanilla", "0.01", "3", "2.000 ± 0.043",
                                        "-0.020 [-0.045, +0.005]", "0.02 ± 0.02"));
}

TEST(TableDocument, OneRunHasNoIntervalAndADivergedRunIsNoNumber) {
  const Grid grid = *hand_made_document().grid;
  EXPECT_THAT(grid.rows[2], ElementsAre("sink", "0", "1", "1.900", "control", "absent"));
  EXPECT_THAT(grid.rows[3],
              ElementsAre("sink", "0.01", "1 (1 diverged)", "1.950", "+0.050", "1 diverged"));
}

TEST(TableDocument, MediansAndWhatIsCounted) {
  std::string toml = kTableSpec;
  toml.replace(toml.find("digits = 2"), 10, "digits = 2, median = true");
  toml.insert(toml.find("values = ["), "repeats = \"rounds\"\n");
  const Document d = hand_made_document(toml);
  const auto& header = d.grid->header;
  const auto at = static_cast<size_t>(std::find(header.begin(), header.end(), "median (range)") -
                                      header.begin());
  ASSERT_LT(at, header.size());
  EXPECT_EQ(header[at - 1], "CV");
  EXPECT_EQ(d.grid->rows[0][at], "0.60 (0.50 to 0.70)");
  EXPECT_THAT(d.grid_note, HasSubstr("over rounds"));
  EXPECT_EQ(d.provenance.seeds, "n = 1 to 3 rounds");
}

TEST(TableDocument, ColumnsOfAKeyAndAbsentCells) {
  std::string toml = kTableSpec.substr(0, kTableSpec.find("[[expect]]"));
  toml.replace(toml.find("rows ="), toml.find("values = [") - toml.find("rows ="),
               "rows = [\"variant\"]\ncols = \"weight\"\n");
  Table rows = hand_made_rows();
  rows.rows.resize(7);  // no run of sink with weight 0.01
  const Grid grid = *hand_made_document(toml, rows).grid;
  EXPECT_EQ(grid.header[1], "weight 0: loss (nats)");
  EXPECT_THAT(grid.rows[0], ElementsAre("vanilla", "2.020 ± 0.050 (n = 3)", "0.60 ± 0.25 (n = 3)",
                                        "2.000 ± 0.043 (n = 3)", "-0.020 [-0.045, +0.005]",
                                        "0.02 ± 0.02 (n = 3)"));
  EXPECT_THAT(grid.rows[1],
              ElementsAre("sink", "1.900 (n = 1)", "absent", "absent", "absent", "absent"));
}

TEST(TableDocument, ColumnsWithoutAControlNeedNone) {
  std::string toml = kTableSpec.substr(0, kTableSpec.find("[[expect]]"));
  toml.replace(toml.find("rows ="), toml.find("values = [") - toml.find("rows ="),
               "rows = [\"variant\"]\ncols = \"weight\"\n");
  toml.erase(toml.find("pair ="), toml.find("query =") - toml.find("pair ="));
  EXPECT_EQ(hand_made_document(toml).grid->header.size(), 5u);
}

TEST(TableDocument, TidyNumbersAreNullWhereThereIsNone) {
  const Table& data = hand_made_document().data;
  const auto at = [&](size_t row, const std::string& column) {
    return data.rows[row][data.column(column)];
  };
  EXPECT_EQ(to_text(at(0, "mean")), "2.02");
  EXPECT_TRUE(is_null(at(0, "diff_mean")));  // the control
  EXPECT_NEAR(to_number(at(2, "diff_mean")), -0.02, 1e-12);
  EXPECT_NEAR(to_number(at(2, "p")), 0.0742, 0.0001);  // t = -3.4641, 2 degrees of freedom
  EXPECT_TRUE(is_null(at(4, "sd")));
  EXPECT_TRUE(is_null(at(5, "mean")));
  EXPECT_EQ(to_text(at(6, "not_done")), "1 diverged");
}

// kTableSpec with a third primary cell, and with `more` in its entry.
std::string with_primary_bound(const std::string& more = "") {
  std::string toml = kTableSpec;
  return toml.insert(toml.find("below = 0.05"), "primary = true\n" + more);
}

TEST(Outcomes, HolmCountsBothTestsOfTheMissingPrimaryCell) {
  const auto o = hand_made_document().judgements;
  ASSERT_EQ(o.size(), 3u);
  EXPECT_EQ(o[0].verdict, stats::Verdict::kUndecided);
  EXPECT_NEAR(*o[0].p.effect, 0.0742, 0.0001);
  EXPECT_NEAR(*o[0].holm.effect, 4 * *o[0].p.effect, 1e-12);
  EXPECT_EQ(*o[0].flip_p, 0.25);
  EXPECT_GT(*o[0].seeds, 3);
  EXPECT_EQ(verdict_text(o[0]),
            "undecided: " + std::to_string(*o[0].seeds) + " seeds would decide");
  std::string chains = kTableSpec;
  chains.replace(chains.find("kind = \"table\""), 0, "repeats = \"chains\"\n");
  EXPECT_EQ(verdict_text(hand_made_document(chains).judgements[0]),
            "undecided: " + std::to_string(*o[0].seeds) + " chains would decide");
  EXPECT_EQ(check_of(o[0]), Check::kOff);
  EXPECT_EQ(o[1].verdict, stats::Verdict::kMissing);
  EXPECT_EQ(o[1].note, "1 of 3 pairs (1 diverged)");
  EXPECT_EQ(check_of(o[1]), Check::kMissing);
}

TEST(Outcomes, ACellThatIsNotPrimaryShowsItsEffectWithoutAVerdict) {
  const Judgement o = hand_made_document().judgements[2];
  EXPECT_EQ(o.effect.n, 3);
  EXPECT_FALSE(o.verdict || o.holm.effect);
  EXPECT_EQ(verdict_text(o), "");
  EXPECT_EQ(check_of(o), Check::kShown);
}

TEST(Outcomes, ABoundIsTestedAgainstTheMean) {
  const Judgement o = hand_made_document(with_primary_bound()).judgements[2];
  EXPECT_EQ(o.cell, "variant vanilla, weight 0.01");
  EXPECT_NEAR(*o.effect.mean, 0.02, 1e-12);
  EXPECT_NEAR(*o.p.effect, 0.0351, 0.0001);  // t = -0.03 / (0.01 / sqrt 3)
  EXPECT_FALSE(o.p.size);
  EXPECT_EQ(o.verdict, stats::Verdict::kSupported);
  EXPECT_EQ(check_of(o), Check::kPass);
}

// 0.02 +- 0.01 against "below 0.01, where 0.04 means no effect": t = -0.02 / (0.01 / sqrt 3) = -3.46
// from no effect, and t = 1.73 above the bound: p = 0.0742 and, one-sided, 0.1127.
TEST(Outcomes, ABoundWithAValueOfNoEffectHasAMargin) {
  std::string toml = with_primary_bound("none = 0.04\n");
  toml.replace(toml.find("below = 0.05"), 12, "below = 0.01");
  const Judgement o = hand_made_document(toml).judgements[2];
  EXPECT_EQ(o.rule, "cv below 0.01 (no effect: 0.04), n >= 3");
  EXPECT_NEAR(o.expectation.rule.margin, 0.03, 1e-12);
  EXPECT_NEAR(*o.judged_effect().mean, -0.02, 1e-12);
  EXPECT_NEAR(*o.p.effect, 0.0742, 0.0001);
  EXPECT_NEAR(*o.p.size, 0.1127, 0.0001);
  EXPECT_EQ(o.verdict, stats::Verdict::kUndecided);
}

TEST(Outcomes, FoundDecidesWhatCheckCallsPass) {
  std::string toml = kTableSpec;
  toml.insert(toml.find("margin = 0.005"), "found = \"undecided\"\n");
  EXPECT_EQ(check_of(hand_made_document(toml).judgements[0]), Check::kPass);
}

TEST(Outcomes, AClosedGuardMakesTheCellUntestable) {
  const std::string guard =
      "{ value = \"cv\", cell = { variant = \"vanilla\", weight = 0 }, above = 0.7, text = \"no "
      "sinks\" }";
  const Judgement one =
      hand_made_document(with_primary_bound("guard = " + guard + "\n")).judgements[2];
  EXPECT_EQ(one.verdict, stats::Verdict::kUntestable);
  EXPECT_EQ(verdict_text(one), "untestable: no sinks: cv is 0.6, needed above 0.7");
  EXPECT_EQ(check_of(one), Check::kMissing);
  EXPECT_FALSE(one.holm.effect);
  const Judgement second =
      hand_made_document(
          with_primary_bound("guard = [{ value = \"loss\", above = 0 }, " + guard + "]\n"))
          .judgements[2];
  EXPECT_EQ(second.note, one.note);
}

TEST(Outcomes, WhatIsNotPublishedHasNoVerdict) {
  std::string toml = kTableSpec;
  toml.insert(toml.find("below = 0.05"), "published = false\n");
  EXPECT_EQ(hand_made_document(toml).judgements[2].rule, "cv: the paper gives no number");
}

// The run that would show the effect gives no value, because there is nothing to measure; the guard
// says why. Without a guard that was measured, the note counts the runs without a value.
TEST(Outcomes, AValueThatIsAbsentInDoneRunsIsUntestable) {
  Table rows = hand_made_rows();
  for (size_t i = 0; i < 3; ++i) rows.rows[i + 3][6] = Cell{};  // cv of vanilla 0.01
  EXPECT_EQ(verdict_text(hand_made_document(with_primary_bound(), rows).judgements[2]),
            "untestable: nothing to measure: cv is absent in 3 of 3 runs");
  const auto with_guard = [&](const std::string& value, double above) {
    return hand_made_document(with_primary_bound("guard = { value = \"" + value + "\", above = " +
                                                 std::to_string(above) + ", text = \"dead\" }\n"),
                              rows)
        .judgements[2];
  };
  EXPECT_EQ(with_guard("loss", 3).note, "dead: loss is 2, needed above 3");
  EXPECT_EQ(with_guard("cv", 3).note, "nothing to measure: cv is absent in 3 of 3 runs");
}

TEST(Outcomes, AValueThatIsNotFiniteIsNamed) {
  Table rows = hand_made_rows();
  rows.rows[4][5] = INFINITY;
  const Document d = hand_made_document(kTableSpec, rows);
  EXPECT_EQ(verdict_text(d.judgements[0]), "untestable: loss is not finite in run vanilla-w-1");
  EXPECT_EQ(d.grid->rows[1][3], "1 of 3 not finite");
  EXPECT_EQ(d.grid->rows[1][4], "not finite");
}

TEST(Outcomes, EqualValuesAreJudgedWithoutAT) {
  Table rows = hand_made_rows();
  for (size_t i = 3; i < 6; ++i) rows.rows[i][6] = 0.02;
  const Judgement o = hand_made_document(with_primary_bound(), rows).judgements[2];
  EXPECT_EQ(*o.p.effect, 0.25);
  EXPECT_EQ(verdict_text(o), "undecided: 6 seeds would decide; all values are equal");
}

TEST(Outcomes, PowerUsesTheSdSeen) {
  const Document d = hand_made_document();
  EXPECT_THAT(d.notes, testing::Contains(HasSubstr("80% power")));
  const Grid grid = verdict_grid(d.judgements);
  ASSERT_EQ(grid.header[5], "detectable");
  EXPECT_EQ(grid.rows[0][5], "0.033") << "3.264 * 0.01";
  EXPECT_EQ(grid.rows[1][5], "") << "one pair";
  EXPECT_EQ(grid.rows[2][5], "0.033") << "against a bound";
  Table equal = hand_made_rows();
  for (auto& row : equal.rows) row[5] = 2.0;
  EXPECT_EQ(verdict_grid(hand_made_document(kTableSpec, equal).judgements).rows[0][5], "")
      << "no spread";
}

TEST(Cells, TwoRunsWithOneSeedInACellAreAnError) {
  Table rows = hand_made_rows();
  rows.rows[1][2] = int64_t{0};
  EXPECT_THAT(
      message_of([&] { hand_made_document(kTableSpec, rows); }),
      HasSubstr(
          "plots/hand_made.toml: runs vanilla-0-0 and vanilla-0-1 are in one cell with seed 0"));
}

TEST(Cells, MissingColumnAndTextNameTheSpec) {
  Table rows = hand_made_rows();
  rows.columns[5] = "los";
  EXPECT_THAT(message_of([&] { hand_made_document(kTableSpec, rows); }),
              HasSubstr("plots/hand_made.toml: the query gives no column 'loss'; its columns are: "
                        "variant, weight"));
  rows = hand_made_rows();
  rows.rows[0][5] = std::string("two");
  EXPECT_THAT(message_of([&] { hand_made_document(kTableSpec, rows); }),
              HasSubstr("column 'loss' has the text 'two'"));
}

}  // namespace
}  // namespace sinkmoe::report
