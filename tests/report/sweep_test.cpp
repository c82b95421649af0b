// Any sweep becomes a table and figures without an artifact file.
#include <gmock/gmock.h>

#include <filesystem>

#include "core/error.h"
#include "report/report.h"
#include "report/sweep/plot_spec.h"
#include "report/sweep/sweep_specs.h"
#include "store/read/query.h"
#include "store/store.h"

namespace sinkmoe::report {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// lr and warm-up go together; two variants; three seeds. The loss is 2 + 100 lr + 0.1 seed, 0.5 more
// for "sink", and 1 more at step 0.
class SweepTest : public testing::Test {
 protected:
  SweepTest() {
    std::string name = testing::TempDir() + "sinkmoe-sweep-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~SweepTest() override { fs::remove_all(folder_); }

  static store::RunRow run(const std::string& variant, double lr, int64_t warmup, int64_t seed,
                           int64_t threads = 1) {
    const std::string group = variant + "-" + std::to_string(warmup);
    store::RunRow row{.run_id = group + "-s" + std::to_string(seed),
                      .group_id = group,
                      .label = group,
                      .seed = seed,
                      .config = group,
                      .identity = group};
    row.params = {{"attention.kind", "string", variant, "vanilla", "", ""},
                  {"balance.weight", "float", 0.0, 0.0, "", ""},
                  {"train.lr", "float", lr, 0.008, "", ""},
                  {"train.warmup", "int", warmup, int64_t{100}, "", ""},
                  {"train.steps", "int", int64_t{100}, int64_t{1000}, "", ""},
                  {"train.batch", "int", int64_t{32}, int64_t{32}, "", ""},
                  {"data.context", "int", int64_t{64}, int64_t{64}, "", ""},
                  {"data.source", "string", "backcopy", "backcopy", "", ""},
                  {"data.path", "string", "", "", "", ""},
                  {"train.seed", "int", seed, int64_t{0}, "", ""},
                  {"run.threads", "int", threads, int64_t{1}, "", ""}};
    return row;
  }

  static double loss(const store::RunRow& row) {
    const bool sink = row.label.starts_with("sink");
    const double lr = row.label.ends_with("20") ? 0.002 : row.label.ends_with("40") ? 0.004 : 0.008;
    return 2 + 100 * lr + 0.1 * static_cast<double>(row.seed) + (sink ? 0.5 : 0);
  }

  void store_runs(const std::string& experiment, const std::vector<store::RunRow>& runs) {
    store::Store store(folder_ / "r.db");
    store.put_experiment({experiment, "My sweep", "my.toml", "", experiment, runs});
    for (const store::RunRow& row : runs) {
      const std::string ids[] = {row.run_id};
      auto claimed = store.claim(ids, store::this_process());
      if (!claimed) continue;  // stored by another experiment
      store.begin_attempt(*claimed, {.device = "cpu", .processor = "test", .git_commit = "c0ffee"});
      store.describe(*claimed, {{"eval/loss", "nats", "lower", "loss of a token"},
                                {"eval/imbalance", "1", "lower", "imbalance of heads"},
                                {"head/importance", "1", "", "mean gate"}});
      std::vector<MetricRow> rows;
      for (const int64_t step : {0, 10, 100}) {
        rows.push_back({"eval/loss", step, -1, -1, loss(row) + (step == 0 ? 1 : 0)});
        rows.push_back({"eval/imbalance", step, -1, -1, 0.01 * static_cast<double>(step + 1)});
        for (int head = 0; head < 2; ++head)
          rows.push_back({"head/importance", step, 0, head, 0.5 + 0.1 * head});
      }
      store.add_metrics(*claimed, rows);
      store.finish(*claimed, {Outcome::done, ""});
    }
  }

  void make(int64_t seeds = 3) {
    std::vector<store::RunRow> runs;
    for (const char* variant : {"vanilla", "sink"})
      for (int64_t warmup : {20, 40, 80})
        for (int64_t seed = 0; seed < seeds; ++seed)
          runs.push_back(run(variant, static_cast<double>(warmup) / 1e4, warmup, seed,
                             seed + 1));  // threads differ too
    store_runs("mine", runs);
  }

  QueryFunction query() {
    reader_ = std::make_unique<store::Reader>(folder_ / "r.db");
    return [this](const std::string& sql) { return reader_->query(sql); };
  }

  static std::vector<std::string> row_of(const Document& d, size_t row) {
    return d.grid->rows[row];
  }

  fs::path folder_;
  std::unique_ptr<store::Reader> reader_;
};

TEST_F(SweepTest, AxesAreTheKeysThatDifferAndAZipIsOneDimension) {
  make();
  const Sweep sweep = read_sweep(query(), {"mine"});
  ASSERT_EQ(sweep.dimensions.size(), 2u);
  EXPECT_THAT(sweep.keys(), ElementsAre("attention.kind", "train.lr", "train.warmup"));
  EXPECT_EQ(sweep.dimensions[1].size(), 2u);
  EXPECT_THAT(sweep.dimensions[1][0].values, ElementsAre("0.002", "0.004", "0.008"));
  EXPECT_TRUE(sweep.dimensions[1][0].numeric);
}

TEST_F(SweepTest, ItsTableHasARowForEachPointWithMeansOverSeeds) {
  make();
  const Documents made = make_documents({}, query(), {}, {}, Sweeps::kOwn);
  EXPECT_THAT(made.problems, IsEmpty());
  ASSERT_FALSE(made.list.empty());
  const Document& table = made.list[0];
  EXPECT_EQ(table.id, "sweep_table.mine");
  EXPECT_EQ(table.title, "Results by the axes of the sweep, synthetic task (backcopy)");
  EXPECT_THAT(table.grid->header, ElementsAre("attention.kind", "train.lr", "train.warmup", "n",
                                              "loss (nats)", "imbalance"));
  ASSERT_EQ(table.grid->rows.size(), 6u);
  // 2.2, 2.3, 2.4: mean 2.3; sd 0.1, t(2) = 4.303, so that the half width is 0.2484.
  EXPECT_THAT(row_of(table, 0),
              ElementsAre("vanilla", "0.002", "20", "3", "2.3000 ± 0.2484", "1.0100 ± 0.0000"));
  EXPECT_THAT(row_of(table, 5),
              ElementsAre("sink", "0.008", "80", "3", "3.4000 ± 0.2484", "1.0100 ± 0.0000"));
}

TEST_F(SweepTest, ItsFiguresShowTheMetricsDuringTrainingAndOverTheNumberAxis) {
  make();
  std::vector<std::string> ids;
  const Documents made = make_documents({}, query(), {"mine"}, {}, Sweeps::kOwn);
  for (const Document& d : made.list) ids.push_back(d.id);
  EXPECT_THAT(ids, ElementsAre("sweep_table.mine", "sweep_eval_loss.mine",
                               "sweep_eval_loss_by_train_lr.mine", "sweep_eval_imbalance.mine",
                               "sweep_eval_imbalance_by_train_lr.mine"));
  const Document& by_lr = made.list[2];
  ASSERT_EQ(by_lr.data.rows.size(), 6u) << "two variants, three rates";
  EXPECT_THAT(by_lr.caption, HasSubstr("train.warmup goes with train.lr."));
  EXPECT_THAT(by_lr.figure->script, HasSubstr("filledcurves"));
  EXPECT_EQ(by_lr.figure->marks.size(), 6u);
  EXPECT_THAT(by_lr.figure->marks[0].text, HasSubstr("train.lr 0.002: 2.30 ± 0.25 nats (n = 3)"));
}

TEST_F(SweepTest, TwoSeedsGetNoBand) {
  make(2);
  for (const Document& d : make_documents({}, query(), {}, {}, Sweeps::kOwn).list)
    if (d.figure) {
      EXPECT_THAT(d.figure->script, testing::Not(HasSubstr("filledcurves"))) << d.id;
    }
}

TEST_F(SweepTest, AnUnknownExperimentIsAnErrorWithTheNearest) {
  make();
  try {
    make_documents({}, query(), {"mien"}, {}, Sweeps::kOwn);
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("no experiment 'mien'"));
    EXPECT_THAT(e.what(), HasSubstr("did you mean 'mine'?"));
  }
}

TEST_F(SweepTest, AnArtifactTakesUpAnAxisThatItsKeysDoNotHave) {
  make();
  const Spec spec = parse_spec(R"(
paper = "x"
title = "Loss by variant"
caption = "Final."
experiments = ["*"]
query = "select attention_kind as variant, seed, run_id, status, eval_loss as loss from experiment_wide where experiment = :experiment"
[layout]
kind = "table"
rows = ["variant"]
values = [{ column = "loss", digits = 3 }]
[[expect]]
claim = "C1"
value = "loss"
cell = { variant = "vanilla" }
below = 5
)",
                               "plots/x.toml");
  const Documents made = make_documents({spec}, query());
  EXPECT_THAT(made.problems, IsEmpty());
  ASSERT_EQ(made.list.size(), 1u);
  EXPECT_THAT(made.list[0].grid->header, ElementsAre("variant", "lr", "n", "loss"));
  EXPECT_EQ(made.list[0].grid->rows.size(), 6u);
  EXPECT_THAT(made.list[0].caption, HasSubstr("These runs also differ in train.lr"));
  EXPECT_THAT(made.list[0].judgements, IsEmpty()) << "no rule names a learning rate";
}

TEST_F(SweepTest, RunsOfEqualConfigurationOnOtherDataAreKeptApart) {
  std::vector<store::RunRow> runs = {run("vanilla", 0.002, 20, 0), run("vanilla", 0.002, 20, 0)};
  runs[1].run_id = "other-data";
  runs[1].group_id = "other-data";
  store_runs("mine", runs);
  const Sweep sweep = read_sweep(query(), {"mine"});
  EXPECT_THAT(sweep.keys(), ElementsAre("data"));
  const Documents made = make_documents({}, query(), {}, {}, Sweeps::kOwn);
  EXPECT_THAT(made.problems, IsEmpty());
  EXPECT_EQ(made.list[0].grid->rows.size(), 2u);
}

TEST_F(SweepTest, AnyMetricIsDrawnAndUnknownNamesAreAnswered) {
  make();
  const QueryFunction ask = query();
  const Sweep sweep = read_sweep(ask, {"mine"});
  const auto metrics = stored_metrics(ask, sweep);
  const auto drawn = [&](const std::string& metric, const PlotRequest& request) {
    return make_one(plot_spec(ask, sweep, metric_called(metrics, metric, sweep), request), "mine",
                    ask);
  };
  // The last step has trained 100 batches of 32 rows of 64 tokens.
  const Table tokens = drawn("eval/loss", {.x = "tokens"}).data;
  EXPECT_EQ(tokens.rows[2][tokens.column("x")], Cell(std::string("204800")));
  EXPECT_THAT(drawn("head_importance", {}).figure->script, HasSubstr("boxxyerror"));
  EXPECT_THAT(drawn("eval/loss", {.x = "attention.kind", .by = {"train.lr"}}).figure->script,
              HasSubstr("boxxyerror"));
  EXPECT_THAT([&] { drawn("eval/los", {}); },
              testing::ThrowsMessage<Error>(HasSubstr("did you mean 'eval/loss'?")));
  EXPECT_THAT([&] { drawn("loss", {}); },
              testing::ThrowsMessage<Error>(HasSubstr("did you mean 'eval/loss'?")));
  EXPECT_THAT(drawn("eval/loss", {.x = "train.warmup"}).figure->script, HasSubstr("train.warmup"))
      << "of axes that go together the one that was asked for";
  EXPECT_THAT([&] { drawn("eval/loss", {.x = "train.rl"}); },
              testing::ThrowsMessage<Error>(HasSubstr("train.lr")));
}

TEST_F(SweepTest, TwoExperimentsStandSideBySideWithTheirDifference) {
  make();
  store_runs("one", {run("vanilla", 0.002, 20, 0), run("vanilla", 0.004, 40, 0)});
  std::vector<store::RunRow> other = {run("sink", 0.002, 20, 0), run("sink", 0.004, 40, 0)};
  store_runs("two", other);
  const QueryFunction ask = query();
  const Document d = make_one(sweep_table(ask, read_sweep(ask, {"one", "two"})), "", ask);
  // The variant differs between the experiments, not within them: sink is 0.5 above vanilla.
  EXPECT_THAT(d.grid->header,
              ElementsAre("train.lr", "train.warmup", "experiment one: loss (nats)",
                          "experiment one: imbalance", "experiment two: loss (nats)",
                          "experiment two: Δ loss (nats)", "experiment two: imbalance",
                          "experiment two: Δ imbalance"));
  ASSERT_EQ(d.grid->rows.size(), 2u);
  EXPECT_THAT(row_of(d, 1), ElementsAre("0.004", "40", "2.4000 (n = 1)", "1.0100 (n = 1)",
                                        "2.9000 (n = 1)", "+0.5000", "1.0100 (n = 1)", "0.0000"));
}

// "z" is the reference although "a" comes first by name, and by the first row of the table, which "z" lacks.
TEST_F(SweepTest, ComparedExperimentsKeepTheOrderInWhichTheyAreGiven) {
  make();
  store_runs("z", {run("vanilla", 0.004, 40, 0), run("vanilla", 0.008, 80, 0)});
  store_runs("a", {run("sink", 0.002, 20, 0), run("sink", 0.004, 40, 0)});
  const QueryFunction ask = query();
  const Sweep sweep = read_sweep(ask, {"z", "a"});
  const Document d = make_one(sweep_table(ask, sweep), "", ask);
  EXPECT_EQ(d.grid->header[2], "experiment z: loss (nats)");
  EXPECT_EQ(d.grid->header[4], "experiment a: loss (nats)");
  ASSERT_EQ(d.grid->rows.size(), 3u);
  EXPECT_THAT(row_of(d, 1), ElementsAre("0.004", "40", "2.4000 (n = 1)", "1.0100 (n = 1)",
                                        "2.9000 (n = 1)", "+0.5000", "1.0100 (n = 1)", "0.0000"))
      << "a - z";
  const auto metrics = stored_metrics(ask, sweep);
  const Document figure =
      make_one(plot_spec(ask, sweep, metric_called(metrics, "eval/loss", sweep), {.x = "train.lr"}),
               "", ask);
  const std::string& script = figure.figure->script;
  EXPECT_LT(script.find("'z'"), script.find("'a'")) << "the legend";
}

TEST_F(SweepTest, TheSeedIsNoAxisAndTheMessageSaysWhatToDo) {
  make();
  const QueryFunction ask = query();
  const Sweep sweep = read_sweep(ask, {"mine"});
  const auto metrics = stored_metrics(ask, sweep);
  try {
    plot_spec(ask, sweep, metric_called(metrics, "eval/loss", sweep), {.x = "train.seed"});
    FAIL();
  } catch (const Error& e) {
    const std::string text = e.what();
    EXPECT_THAT(text, HasSubstr("give step, tokens or attention.kind, train.lr, train.warmup; "));
    const size_t from = text.find("select ");  // the query that it names works
    const Table rows = ask(text.substr(from, text.rfind('"') - from));
    EXPECT_EQ(rows.rows.size(), 18u);
    EXPECT_THAT(rows.columns, ElementsAre("seed", "label", "eval_loss"));
  }
}

}  // namespace
}  // namespace sinkmoe::report
