// Each view on fixed rows, against values computed by hand.
#include <gmock/gmock.h>

#include <array>
#include <cstdio>

#include "fixture.h"

namespace sinkmoe::store {
namespace {

class Views : public testing::Test {
 protected:
  Views() : db_(folder_ / "r.db"), store_(db_) {
    std::vector<RunRow> runs;
    for (int64_t seed : {0, 1, 2})
      for (double weight : {0.0, 0.01}) runs.push_back(run_row("vanilla", weight, seed));
    runs.push_back(run_row("sink", 0, 0));
    store_.put_experiment(experiment_row(runs));
  }
  // vanilla weight 0: 2.0 2.1 2.4; weight 0.01: 2.5 2.5 2.5; sink: 3.0.
  void complete_all() {
    const double plain[] = {2.0, 2.1, 2.4};
    for (int seed : {0, 1, 2}) {
      complete(store_, "vanilla-0-s" + std::to_string(seed), plain[seed]);
      complete(store_, "vanilla-10-s" + std::to_string(seed), 2.5);
    }
    complete(store_, "sink-0-s0", 3.0);
  }
  Folder folder_;
  std::filesystem::path db_;
  Store store_;
};

TEST_F(Views, RunWideHasAColumnForEachParameterAndRunLevelMetric) {
  EXPECT_EQ(
      rows(db_,
           "select attention_kind, balance_weight, train_seed, status from run_wide where run_id = "
           "'vanilla-10-s2'"),
      "vanilla|0.01|2|planned\n");
  complete_all();
  EXPECT_EQ(
      rows(db_,
           "select attention_kind, balance_weight, avg(eval_loss) from run_wide group by 1, 2"),
      "sink|0|3\nvanilla|0|2.1666666666666665\nvanilla|0.01|2.5\n");
  EXPECT_THROW(rows(db_, "select layer_cv from run_wide"), Error);
}

TEST_F(Views, ShellOfSqliteReadsTheSame) {
  complete_all();
  const std::string command =
      "sqlite3 '" + db_.string() +
      "' 'select attention_kind, balance_weight, avg(eval_loss) from run_wide group by 1, 2'";
  std::unique_ptr<FILE, int (*)(FILE*)> shell(::popen(command.c_str(), "r"), ::pclose);
  std::array<char, 1000> text{};
  const size_t n = std::fread(text.data(), 1, text.size(), shell.get());
  EXPECT_EQ(std::string(text.data(), n),
            "sink|0.0|3.0\nvanilla|0.0|2.16666666666667\nvanilla|0.01|2.5\n");
}

TEST_F(Views, GroupGivesMeanSdAndTInterval) {
  complete_all();
  // 2.0 2.1 2.4: sd = sqrt(0.26/6) = 0.208166600; half width = 4.30265273 * sd
  // / sqrt(3) = 0.517114.
  EXPECT_EQ(
      rows(db_,
           "select n, round(mean, 6), round(sd, 9), round(ci95, 6), min, max from v_group where "
           "group_id = "
           "'vanilla-0' and name = 'eval/loss'"),
      "3|2.166667|0.2081666|0.517115|2|2.4\n");
  EXPECT_EQ(rows(db_, "select n, mean, sd, ci95 from v_group where group_id = 'vanilla-10'"),
            "3|2.5|0|0\n");
  EXPECT_EQ(
      rows(db_, "select n, mean, sd is null, ci95 is null from v_group where group_id = 'sink-0'"),
      "1|3|1|1\n");
}

TEST_F(Views, PairTakesTheControlOfTheSameSeed) {
  complete_all();
  EXPECT_EQ(rows(db_,
                 "select run_id, control_run_id, seed, value, control, round(diff, 3) from v_pair "
                 "where name = 'eval/loss' order by seed"),
            "vanilla-10-s0|vanilla-0-s0|0|2.5|2|0.5\nvanilla-10-s1|vanilla-0-s1|1|2.5|2.1|0.4\n"
            "vanilla-10-s2|vanilla-0-s2|2|2.5|2.4|0.1\n");
}

TEST_F(Views, FinalIsTheLastStepOfEachName) {
  const Lease lease = begin(store_, "sink-0-s0");
  store_.add_metrics(lease, {{"eval/loss", 0, -1, -1, 4},
                             {"eval/loss", 10, -1, -1, 3},
                             {"layer/cv", 5, 0, -1, 0.5},
                             {"layer/cv", 5, 1, -1, 0.6},
                             {"head/importance", 0, 0, 0, 0.1},
                             {"head/importance", 5, 0, 1, 0.2}});
  EXPECT_EQ(rows(db_, "select name, step, layer, head, value, unit from v_final order by 1, 3"),
            "eval/loss|10|-1|-1|3|nats\nhead/importance|5|0|1|0.2|1\nlayer/cv|5|0|-1|0.5|1\nlayer/"
            "cv|5|1|-1|0.6|1\n");
  EXPECT_EQ(rows(db_, "select step, layer, head, value from v_head order by 1"),
            "0|0|0|0.1\n5|0|1|0.2\n");
  EXPECT_EQ(rows(db_, "select count(*) from v_metric"), "6\n");
}

TEST_F(Views, VoidRunsAreInNone) {
  complete_all();
  store_.void_run("vanilla-0-s0", "wrong data");
  for (const char* view :
       {"run_wide", "experiment_wide", "v_metric", "v_final", "v_head", "v_pair"})
    EXPECT_EQ(
        rows(db_, std::string("select count(*) from ") + view + " where run_id = 'vanilla-0-s0'"),
        "0\n")
        << view;
  EXPECT_EQ(rows(db_, "select n from v_group where group_id = 'vanilla-0'"), "2\n");
  EXPECT_EQ(rows(db_, "select count(*) from v_pair"), "2\n");
}

TEST_F(Views, ExperimentWideFollowsThePlan) {
  store_.put_experiment(experiment_row({run_row("sink", 0, 0), run_row("vanilla", 0, 1)}, "small"));
  EXPECT_EQ(
      rows(
          db_,
          "select ordinal, run_id, attention_kind from experiment_wide where experiment = 'small'"),
      "0|sink-0-s0|sink\n1|vanilla-0-s1|vanilla\n");
  EXPECT_EQ(rows(db_, "select count(*) from experiment_wide where experiment = 'quick'"), "7\n");
}

TEST_F(Views, AKeyAddedLaterShowsItsDefaultInOlderRuns) {
  RunRow later = run_row("sink", 0, 1);
  later.params.push_back({"model.norm", "string", "layer", "it's rms", "", ""});
  store_.put_experiment(experiment_row({later}, "later"));
  EXPECT_EQ(rows(db_,
                 "select model_norm from run_wide where run_id in ('sink-0-s0', 'sink-0-s1') order "
                 "by run_id"),
            "it's rms\nlayer\n");
}

}  // namespace
}  // namespace sinkmoe::store
