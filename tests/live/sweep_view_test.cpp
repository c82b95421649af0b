// The state of a sweep read from a database that is being written.
#include "live/sweep_view.h"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "config/compose/canonical.h"
#include "live/view_json.h"
#include "store/fixture.h"
#include "store/sqlite/sqlite.h"

namespace sinkmoe::live {
namespace {

using store::begin;
using store::complete;
using store::experiment_row;
using store::run_row;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Pair;

class Sweep : public testing::Test {
 protected:
  Sweep() : store_(folder_ / "r.db") {
    std::vector<store::RunRow> runs = {run_row("sink", 0, 0), run_row("sink", 0, 1),
                                       run_row("sink", 0, 2), run_row("sink", 0, 3)};
    for (store::RunRow& run : runs) {
      run.params.push_back({"train.steps", "int", int64_t{100}, int64_t{100}, "", ""});
      run.config = config::canonical_text(config::RunConfig{});
    }
    store_.put_experiment(experiment_row(runs));
    complete(store_, "sink-0-s0", 2);
    const store::Lease lease = begin(store_, "sink-0-s1");
    store_.describe(lease, {{"train/loss", "nats", "lower", ""},
                            {"train/tokens_per_s", "tokens/s", "higher", ""},
                            {"eval/loss", "nats", "lower", ""},
                            {"eval/imbalance", "1", "", ""}});
    store_.add_metrics(lease, {{"train/loss", 10, -1, -1, 4.0},
                               {"train/loss", 20, -1, -1, 3.0},
                               {"train/tokens_per_s", 20, -1, -1, 1234.0},
                               {"eval/loss", 0, -1, -1, 5.0},
                               {"eval/imbalance", 0, -1, -1, 0.25},
                               {"eval/loss", 16, -1, -1, 3.5},
                               {"eval/imbalance", 16, -1, -1, 0.5}});
    const store::Lease bad = begin(store_, "sink-0-s2");
    store_.finish(bad, {Outcome::diverged, "loss 1e9"});
  }
  SweepView read(const std::string& name = "") { return SweepReader(folder_ / "r.db").read(name); }

  store::Folder folder_;
  store::Store store_;
};

TEST_F(Sweep, CountsRunsByState) {
  const SweepView sweep = read();
  EXPECT_EQ(sweep.experiment, "quick");
  EXPECT_EQ(sweep.total, 4);
  EXPECT_THAT(sweep.states, ElementsAre(Pair(RunStatus::planned, 1), Pair(RunStatus::running, 1),
                                        Pair(RunStatus::done, 1), Pair(RunStatus::diverged, 1)));
  EXPECT_EQ(sweep.open(), 2);
  EXPECT_EQ(sweep.failed(), 1);
  EXPECT_EQ(sweep.leases, 1);
}

TEST_F(Sweep, ShowsTheRunningRunWithCurvesAndItsLastEvaluation) {
  const SweepView sweep = read();
  ASSERT_EQ(sweep.running.size(), 1u);
  const RunView& run = sweep.running[0];
  EXPECT_EQ(run.run_id, "sink-0-s1");
  EXPECT_EQ(run.step, 20);
  EXPECT_EQ(run.steps, 100);
  EXPECT_EQ(run.tokens_per_second, 1234);
  EXPECT_EQ(run.evaluated_at, 16);
  EXPECT_THAT(run.evaluation, ElementsAre(Pair("eval/imbalance", 0.5), Pair("eval/loss", 3.5)));
  ASSERT_EQ(run.loss.size(), 2u);
  EXPECT_EQ(run.loss[1].value, 3.0);
  ASSERT_EQ(run.imbalance.size(), 2u);
  EXPECT_GE(run.seconds_left, 0);
  EXPECT_FALSE(run.share) << "no matrix product was measured";
}

TEST_F(Sweep, SharesAreOfTheProductThatWasMeasuredOnTheSameProcessorAndThreads) {
  const auto product = [](double speed, const char* processor, int threads) {
    return store::BenchRow{.name = "matrix product",
                           .variant = "own",
                           .setting = "{\"threads\": " + std::to_string(threads) + "}",
                           .value = speed,
                           .unit = "GFLOP/s",
                           .device = "cpu",
                           .processor = processor};
  };
  store_.add_bench({product(900, "other", 1), product(800, "test", 2)});
  EXPECT_FALSE(read().running[0].share);
  store_.add_bench({product(0.5, "test", 1)});
  const RunView run = read().running[0];
  ASSERT_TRUE(run.flops_per_second && run.share);
  // 6 operations per weight of a matrix and token, and more for attention.
  EXPECT_GT(*run.flops_per_second, 1234 * 6.0 * 2 * 12 * 64 * 64);
  EXPECT_DOUBLE_EQ(*run.share, *run.flops_per_second / 0.5e9);
}

TEST_F(Sweep, ARunThatCrashedIsOpenUntilItIsGivenUp) {
  const store::Lease lease = begin(store_, "sink-0-s3");
  store_.finish(lease, {Outcome::signal, "killed by SIGSEGV"});
  SweepView sweep = read();
  EXPECT_EQ(sweep.retries, 1);
  EXPECT_EQ(sweep.open(), 2);
  const store::Lease again = begin(store_, "sink-0-s3");
  store_.finish(again, {Outcome::internal, "a fault"});
  EXPECT_EQ(read().open(), 1);
}

TEST_F(Sweep, NamesTheRunThatEndedLast) {
  const SweepView sweep = read();
  ASSERT_TRUE(sweep.last);
  EXPECT_EQ(sweep.last->run_id, "sink-0-s2");
  EXPECT_EQ(sweep.last->message, "loss 1e9");
}

TEST_F(Sweep, AnUnknownExperimentIsRefusedWithNearNames) {
  try {
    read("quik");
    FAIL();
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("did you mean 'quick'"));
  }
}

TEST_F(Sweep, WithoutANameItIsTheOneThatWorkedLast) {
  auto other = experiment_row({run_row("gated", 0, 0)}, "other");
  store_.put_experiment(other);
  EXPECT_EQ(read().experiment, "quick");
  begin(store_, "gated-0-s0");
  EXPECT_EQ(read().experiment, "other");
}

TEST_F(Sweep, HoldsNoLockBetweenTwoReads) {
  SweepReader reader(folder_ / "r.db");
  reader.read("");
  store::sql::Connection writer(folder_ / "r.db", store::sql::Connection::Mode::read_write);
  writer.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE; COMMIT");
}

TEST_F(Sweep, JsonHasTheSame) {
  const auto json = nlohmann::json::parse(to_json(read(), 1));
  EXPECT_EQ(json["states"]["diverged"], 1);
  EXPECT_EQ(json["running"][0]["evaluation"]["eval/loss"], 3.5);
  EXPECT_EQ(json["running"][0]["loss"], nlohmann::json::parse("[[20, 3.5]]"));  // two points' mean
  EXPECT_TRUE(json["running"][0]["share_of_matrix_product"].is_null());
}

}  // namespace
}  // namespace sinkmoe::live
