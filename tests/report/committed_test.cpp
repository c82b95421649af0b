// The artifacts of the tree on made-up results of the experiments of the tree: every query runs,
// every expectation finds its cells, every figure is drawn.
#include <gmock/gmock.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "made_up_runs.h"
#include "plan/sweep/experiment.h"
#include "queue/supervisor/todo_runs.h"
#include "report/report.h"
#include "report/spec/claim_texts.h"
#include "report/spec/query_text.h"
#include "store/read/query.h"
#include "support/committed_plan.h"

namespace sinkmoe::report {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;

const fs::path kRoot = source_dir();

std::vector<store::ExperimentRow> committed_experiments() {
  std::vector<store::ExperimentRow> rows;
  for (const std::string& name : plan::experiment_names(kRoot / "experiments"))
    rows.push_back(queue::experiment_row(
        committed_plan(name, [](const auto&) { return std::string("made up"); })));
  return rows;
}

// Timings as scripts/bench.sh leaves them: five rounds of every cost.
std::vector<store::BenchRow> made_up_timings() {
  std::vector<store::BenchRow> rows;
  for (const char* what : {"cost of the balance loss", "cost of the gate"})
    for (const char* model : {"0.1M", "1M", "14M"})
      for (const char* variant : {"vanilla", "sink", "gated"})
        for (int round = 0; round < 5; ++round)
          rows.push_back({.name = what,
                          .variant = variant,
                          .setting = std::string(R"({"model": ")") + model + R"(", "round": )" +
                                     std::to_string(round) + R"(, "batch": "b"})",
                          .value = 0.5 + 0.1 * round,
                          .unit = "%",
                          .git_commit = "0123456789abcdef"});
  return rows;
}

// Made once, in memory where the computer has a folder for that: hundreds of runs
// are many synced transactions.
class CommittedArtifacts : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    std::string name =
        (fs::exists("/dev/shm") ? "/dev/shm/" : testing::TempDir()) + "sinkmoe-artifacts-XXXXXX";
    folder() = ::mkdtemp(name.data());
    if (const char* keep = std::getenv("SINKMOE_MADE_UP_DB")) folder() = keep;
    make_up(folder() / "r.db", committed_experiments());
    store::Store(folder() / "r.db").add_bench(made_up_timings());
    specs() = read_specs(kRoot / "plots", {});
    const store::Reader reader(folder() / "r.db");
    documents() = make_documents(
        specs(), [&](const std::string& sql) { return reader.query(sql, {.seconds = 120}); });
  }
  static void TearDownTestSuite() {
    if (!std::getenv("SINKMOE_MADE_UP_DB")) fs::remove_all(folder());
  }
  static fs::path& folder() {
    static fs::path path;
    return path;
  }
  static std::vector<Spec>& specs() {
    static std::vector<Spec> list;
    return list;
  }
  static Documents& documents() {
    static Documents made;
    return made;
  }
};

TEST_F(CommittedArtifacts, EveryQueryRunsAndGivesWhatItsLayoutNeeds) {
  EXPECT_THAT(documents().problems, IsEmpty());
  for (const Document& d : documents().list) EXPECT_FALSE(d.data.rows.empty()) << d.id;
}

TEST_F(CommittedArtifacts, EveryExpectationFindsAsManyRunsAsItAsksFor) {
  for (const Document& d : documents().list) {
    const auto spec = std::find_if(specs().begin(), specs().end(),
                                   [&](const Spec& s) { return s.name == d.name; });
    const bool named = std::any_of(spec->experiments.begin(), spec->experiments.end(),
                                   [&](const auto& e) { return e.name == d.experiment; });
    for (const Judgement& o : d.judgements)
      if (named) {
        EXPECT_GE(o.effect.n, o.expectation.rule.n)
            << d.id << ", " << o.cell << ": " << o.rule << ": " << o.note;
      }
  }
}

TEST_F(CommittedArtifacts, AClaimHasAtMostNinePrimaryCellsAnExperiment) {
  for (const Document& d : documents().list) {
    std::map<std::string, int> primary;
    for (const Judgement& o : d.judgements)
      if (o.expectation.primary) ++primary[o.expectation.claim];
    for (const auto& [claim, cells] : primary) EXPECT_LE(cells, 9) << d.id << " " << claim;
  }
}

// The same verdicts whatever part is shown.
TEST_F(CommittedArtifacts, OneExperimentOfOneArtifactIsJudgedWithItsWholeFamily) {
  const store::Reader reader(folder() / "r.db");
  const Documents part = make_documents(
      read_specs(kRoot / "plots", {"main_table"}),
      [&](const std::string& sql) { return reader.query(sql, {.seconds = 120}); }, {"grid"},
      read_other_specs(kRoot / "plots", {"main_table"}));
  ASSERT_EQ(part.list.size(), 1u);
  EXPECT_THAT(part.problems, IsEmpty());
  const auto whole = std::find_if(documents().list.begin(), documents().list.end(),
                                  [&](const Document& d) { return d.id == part.list[0].id; });
  ASSERT_NE(whole, documents().list.end());
  for (size_t i = 0; i < whole->judgements.size(); ++i) {
    const Judgement &a = part.list[0].judgements[i], &b = whole->judgements[i];
    EXPECT_EQ(a.verdict, b.verdict) << a.cell;
    EXPECT_EQ(a.holm.effect, b.holm.effect) << a.cell;
    EXPECT_EQ(a.duplicate_of, b.duplicate_of) << a.cell;
  }
}

TEST_F(CommittedArtifacts, EveryFigureSaysByWhichRuleItIsJudged) {
  for (const Document& d : documents().list)
    if (d.figure) {
      EXPECT_THAT(d.caption, testing::ContainsRegex("Rules?( \\(|: )|without a rule")) << d.id;
    }
}

TEST_F(CommittedArtifacts, EveryClaimHasAPrimaryCell) {
  std::set<std::string> claims;
  for (const Spec& s : specs())
    for (const Expectation& e : s.expect)
      if (e.primary) claims.insert(e.claim);
  for (int i = 1; i <= 14; ++i) EXPECT_TRUE(claims.contains("C" + std::to_string(i))) << "C" << i;
}

// Also claims that no primary cell decides.
TEST_F(CommittedArtifacts, EveryClaimHasASentenceAndEverySentenceItsClaim) {
  std::set<std::string> claims, sentences;
  for (const Spec& s : specs())
    for (const Expectation& e : s.expect)
      if (!e.claim.empty()) claims.insert(e.claim);
  for (const auto& [claim, sentence] : read_claim_texts(kRoot / "plots")) sentences.insert(claim);
  EXPECT_EQ(claims, sentences);
}

// The query of an artifact on values that are given in its text: a name that it reads is a common
// table expression in front of it.
TEST_F(CommittedArtifacts, RankCorrelationsGiveTiesTheirMeanRank) {
  const auto spec = std::find_if(specs().begin(), specs().end(),
                                 [](const Spec& s) { return s.name == "worth_table"; });
  ASSERT_NE(spec, specs().end());
  std::string sql = fill_query(spec->query, {{":experiment", "x"}, {":variants", "vanilla"}}, {});
  const std::string given = R"sql(with
experiment_wide as (select 'x' as experiment, 'a' as run_id, 'p' as parent_id, 'vanilla' as attention_kind, 0 as balance_weight,
  0 as seed, 'done' as status, 1 as model_parameters, 1 as eval_imbalance),
run_wide as (select 'p' as run_id, 0 as balance_weight, 1 as model_parameters),
heads(head, importance, worth) as (values (0, 0.1, 0.5), (1, 0.2, 0.5), (2, 0.2, 0.9), (3, 0.4, 2.0), (4, 0.3, 0.7)),
v_final as (select 'a' as run_id, 'head/importance' as name, 0 as layer, head, importance as value from heads
  union all select 'a', 'head/ablation', 0, head, worth from heads
  union all select 'a', 'head/out_norm', 0, head, 1.0 from heads),
)sql";
  sql.replace(sql.find("with "), 5, given);
  const Table t = store::Reader(folder() / "r.db").query("select rho, rho_norm from (" + sql + ")");
  ASSERT_EQ(t.rows.size(), 1u);
  // Ranks 1, 2.5, 2.5, 5, 4 and 1.5, 1.5, 4, 5, 3: 7.25 / 9.5.
  EXPECT_NEAR(to_number(t.rows[0][0]), 14.5 / 19, 1e-12);
  EXPECT_TRUE(is_null(t.rows[0][1])) << "equal values have no ranks";
}

TEST_F(CommittedArtifacts, EveryTableShowsTheSizeOfItsModels) {
  for (const Spec& s : specs()) {
    if (s.layout.kind != LayoutKind::kTable || s.claims.empty() || s.experiments.empty()) continue;
    EXPECT_TRUE(std::any_of(s.layout.details.begin(), s.layout.details.end(),
                            [](const NamedColumn& c) { return c.column == "parameters"; }))
        << s.path;
  }
}

}  // namespace
}  // namespace sinkmoe::report
