#include "report/spec/spec.h"

#include <gmock/gmock.h>

#include <fstream>

#include "core/error.h"
#include "hand_made.h"
#include "report/spec/query_text.h"

namespace sinkmoe::report {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::string problems_of(const std::string& toml) {
  try {
    parse_spec(toml, "plots/x.toml");
  } catch (const Error& e) {
    return e.what();
  }
  return "no error";
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  if (at == std::string::npos) ADD_FAILURE() << from << " is not in the text";
  return text.replace(at, from.size(), to);
}

TEST(Spec, ReadsEveryPart) {
  const Spec s = parse_spec(kTableSpec, "plots/hand_made.toml");
  EXPECT_EQ(s.name, "hand_made");
  EXPECT_THAT(s.claims, ElementsAre("C6", "C7"));
  ASSERT_EQ(s.experiments.size(), 2u);
  EXPECT_EQ(s.experiments[0].n, 3);
  EXPECT_EQ(s.experiments[1].name, "*");
  EXPECT_THAT(s.cells.keys, ElementsAre("variant", "weight"));
  EXPECT_EQ(s.pair->second, "0");
  EXPECT_EQ(s.layout.rows[1].heading(), "λ");
  EXPECT_EQ(s.layout.values[0].digits, 3);
}

TEST(Spec, AListOfKeyValuesStandsForOneExpectationEach) {
  const Spec s = parse_spec(kTableSpec, "plots/hand_made.toml");
  ASSERT_EQ(s.expect.size(), 3u);
  EXPECT_EQ(s.expect[1].cell, (CellKey{{"variant", "sink"}, {"weight", "0.01"}}));
  EXPECT_EQ(s.expect[1].than, (CellKey{{"weight", "0"}}));
  EXPECT_TRUE(s.expect[1].primary);
  EXPECT_EQ(*s.expect[2].bound, 0.05);
  EXPECT_EQ(s.expect[2].rule.direction, stats::Direction::kLower);
}

TEST(Spec, UnknownKeysAreNamedWithPlaceAndNearestName) {
  EXPECT_THAT(problems_of(replaced(kTableSpec, "title =", "titel =")),
              AllOf(HasSubstr("plots/x.toml:4:1: unknown key 'titel'; did you mean 'title'?"),
                    HasSubstr("'title' is missing")));
  EXPECT_THAT(problems_of(replaced(kTableSpec, "digits = 3", "digit = 3")),
              HasSubstr("plots/x.toml:14:53: unknown key 'layout.values.digit'"));
}

TEST(Spec, BadLayoutsAreRefused) {
  EXPECT_THAT(problems_of(replaced(kTableSpec, "\"table\"", "\"tabel\"")),
              HasSubstr("plots/x.toml:11:1: no layout is called 'tabel'; kinds are table, lines"));
  EXPECT_THAT(problems_of(replaced(kTableSpec, "values = [", "values = [3,")),
              HasSubstr("'layout.values' is a integer"));
  const std::string lines =
      "paper = \"F\"\ntitle = \"t\"\nquery = \"q\"\n[layout]\nkind = \"lines\"\n";
  EXPECT_THAT(problems_of(lines),
              AllOf(HasSubstr("'layout.x' is missing"), HasSubstr("'layout.y' is missing")));
  EXPECT_THAT(
      problems_of(lines + "x = { column = \"a\", log = true, from = 0 }\ny = { column = \"b\" }\n"),
      HasSubstr("plots/x.toml:6:1: a limit or guide of the logarithmic axis 'x' is not positive"));
}

TEST(Spec, EveryProblemIsReportedAtOnce) {
  std::string toml = replaced(kTableSpec, "direction = \"lower\"", "direction = \"down\"");
  toml = replaced(toml, "claims = [\"C6\", \"C7\"]", "claims = [6]");
  toml = replaced(toml, "control = 0", "control = true");
  EXPECT_THAT(problems_of(toml), AllOf(HasSubstr("'expect.direction' is 'down'"),
                                       HasSubstr("'claims' must be a string or"),
                                       HasSubstr("'pair.control' must be a string or a number")));
}

TEST(Spec, ExpectationsMustNameWholeCells) {
  EXPECT_THAT(problems_of(replaced(kTableSpec, "cell = { variant = \"vanilla\", weight = 0.01 }",
                                   "cell = { variant = \"vanilla\" }")),
              HasSubstr("the cell does not say its 'weight'"));
  EXPECT_THAT(problems_of(replaced(kTableSpec, "than = { weight = 0 }", "than = { weigth = 0 }")),
              HasSubstr("'weigth' is not a key of the cells; did you mean 'weight'?"));
  EXPECT_THAT(problems_of(replaced(kTableSpec, "than = { weight = 0 }",
                                   "than = { weight = 0 }\nabove = 1")),
              HasSubstr("an expectation needs one of 'than', 'above' and 'below'"));
}

TEST(Spec, AGuardNamesOnlyTheKeysInWhichItDiffers) {
  std::string toml = kTableSpec;
  toml += "guard = { value = \"cv\", cell = { weight = 0 }, above = 0.7 }\n";
  EXPECT_EQ(parse_spec(toml, "plots/x.toml").expect[2].guards.at(0).cell,
            (CellKey{{"variant", "vanilla"}, {"weight", "0"}}));
  toml = kTableSpec + "guard = { value = \"cv\", above = 0.7 }\n";
  const Spec s = parse_spec(toml, "plots/x.toml");
  EXPECT_EQ(s.expect[2].guards.at(0).cell, s.expect[2].cell);
  EXPECT_THAT(
      problems_of(kTableSpec + "guard = { value = \"cv\", cell = { w = 0 }, above = 0.7 }\n"),
      HasSubstr("'w' is not a key of the cells"));
}

TEST(Spec, AValueOfNoEffectGivesABoundItsMargin) {
  const Spec s = parse_spec(kTableSpec + "none = 0.25\n", "plots/x.toml");
  EXPECT_EQ(s.expect[2].rule.margin, 0.2);
  EXPECT_EQ(s.expect[2].origin(), 0.25);
  EXPECT_EQ(parse_spec(kTableSpec, "plots/x.toml").expect[2].origin(), 0.05);
  EXPECT_THAT(problems_of(kTableSpec + "none = 0.01\n"),
              HasSubstr("'none' must be below 'above', or above 'below'"));
  EXPECT_THAT(problems_of(kTableSpec + "margin = 0.01\n"), HasSubstr("'margin' goes with 'than'"));
  EXPECT_THAT(problems_of(replaced(kTableSpec, "margin = 0.005", "none = 1")),
              HasSubstr("'none' goes with 'above' or 'below'"));
  EXPECT_THAT(problems_of(replaced(kTableSpec, "margin = 0.005", "published = false")),
              HasSubstr("a primary cell needs something published"));
}

TEST(Spec, ExperimentsGoWithTheParameter) {
  EXPECT_THAT(problems_of(replaced(kTableSpec, ":experiment", "'quick'")),
              HasSubstr("no query uses :experiment"));
  EXPECT_THAT(
      problems_of(replaced(kTableSpec, "experiments = [{ name = \"quick\", n = 3 }, \"*\"]", "")),
      HasSubstr("there is no 'experiments' list"));
}

TEST(Spec, UnknownArtifactsGetNearNamesAndAllBadFilesAreReported) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "sinkmoe_specs";
  std::filesystem::create_directories(folder);
  std::ofstream(folder / "main_table.toml") << "x = 1\n";
  std::ofstream(folder / "other.toml") << "y = [\n";
  try {
    read_specs(folder, {"main_tabel", "main_table", "other"});
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(),
                AllOf(HasSubstr("did you mean 'main_table'?"),
                      HasSubstr("main_table.toml:1:1: unknown key 'x'"), HasSubstr("other.toml:")));
  }
  std::filesystem::remove_all(folder);
}

TEST(QueryText, FillsParametersOutsideStringsAndComments) {
  EXPECT_EQ(
      fill_query("select a from t where e = :experiment and f = ':experiment' -- :experiment\n;",
                 {{":experiment", "o'x"}}, {}),
      "select a from t where e = 'o''x' and f = ':experiment' -- :experiment");
  EXPECT_EQ(fill_query("order by instr(:variants, v)", {{":variants", "vanilla sink"}}, {}),
            "order by instr('vanilla sink', v)");
  EXPECT_TRUE(uses_experiment("select :experiment"));
  EXPECT_FALSE(uses_experiment("select ':experiment', :experiments"));
}

TEST(QueryText, AbsentColumnsBecomeNull) {
  EXPECT_EQ(fill_query("select eval_bpb as bpb, \"eval_bpb\", eval_bpb2 /* eval_bpb */", {},
                       {"eval_bpb"}),
            "select NULL as bpb, \"eval_bpb\", eval_bpb2 /* eval_bpb */");
  EXPECT_EQ(fill_query("select e.eval_bpb, e.eval_loss, 0.5 * e.eval_bpb from e", {}, {"eval_bpb"}),
            "select NULL, e.eval_loss, 0.5 * NULL from e");
}

}  // namespace
}  // namespace sinkmoe::report
