// Merging databases: finished runs come in once, conflicts are refused with both sides named.
#include <gmock/gmock.h>

#include "core/hash.h"
#include "fixture.h"
#include "store/merge/merge.h"
#include "store/sqlite/sqlite.h"

namespace sinkmoe::store {
namespace {

using testing::HasSubstr;

class Merging : public testing::Test {
 protected:
  Merging() : ours_(folder_ / "ours.db"), theirs_(folder_ / "theirs.db") {
    ours_.put_experiment(experiment_row({run_row("vanilla", 0, 0), run_row("vanilla", 0, 1)}));
    theirs_.put_experiment(
        experiment_row({run_row("sink", 0, 0), run_row("vanilla", 0, 1), run_row("sink", 0, 2)}));
  }
  std::string all() {
    return rows(folder_ / "ours.db",
                "select run_id, name, step, value from v_metric order by 1, 2, 3") +
           rows(folder_ / "ours.db",
                "select experiment, run_id, status from experiment_wide order by ordinal") +
           rows(folder_ / "ours.db", "select kind, text from event");
  }
  Folder folder_;
  Store ours_, theirs_;
};

TEST_F(Merging, FinishedRunsComeInOnceAndOnly) {
  complete(ours_, "vanilla-0-s0", 2);
  complete(theirs_, "sink-0-s0", 3);
  complete(theirs_, "vanilla-0-s1", 4);
  const MergeSummary first = merge_database(ours_, folder_ / "theirs.db");
  EXPECT_EQ(first.added, 2);
  EXPECT_EQ(first.unfinished, 1);
  EXPECT_EQ(rows(folder_ / "ours.db",
                 "select run_id, eval_loss, attention_kind, status from run_wide order by 1"),
            "sink-0-s0|3|sink|done\nvanilla-0-s0|2|vanilla|done\nvanilla-0-s1|4|vanilla|done\n");
  const std::string before = all();
  EXPECT_EQ(merge_database(ours_, folder_ / "theirs.db").added, 0);
  EXPECT_EQ(all(), before);
}

TEST_F(Merging, TheTimingsOfOneFileComeInOnce) {
  const BenchRow fast{"step", "sink",  "{\"model\": \"tiny\"}", 1.5, "ms", "h", "cpu",
                      "p",    "c0ffee"};
  BenchRow again = fast, other_host = fast;
  again.value = 1.6;
  other_host.host = "g";
  EXPECT_EQ(ours_.add_bench({fast, again}), 2);
  EXPECT_EQ(ours_.add_bench({fast, again, other_host}), 1);
  EXPECT_EQ(rows(folder_ / "ours.db", "select host, value from bench order by 1, 2"),
            "g|1.5\nh|1.5\nh|1.6\n");
}

constexpr const char* kLists =
    "select experiment, group_concat(run_id, ' ') from (select experiment, run_id from experiment_wide order by ordinal) "
    "group by 1 order by 1";

TEST_F(Merging, AnotherListOfTheSameNameKeepsItsRunsUnderANameOfItsOwn) {
  complete(theirs_, "sink-0-s0", 3);
  complete(theirs_, "vanilla-0-s1", 4);
  const std::string other = (folder_ / "theirs.db").string();
  EXPECT_THAT(merge_database(ours_, other).notes,
              testing::ElementsAre("experiment 'quick' of " + other +
                                   " has another list of runs; it is stored as 'quick@abc'"));
  const std::string lists = "quick|vanilla-0-s0 vanilla-0-s1\nquick@abc|sink-0-s0 vanilla-0-s1\n";
  EXPECT_EQ(rows(folder_ / "ours.db", kLists), lists);
  EXPECT_THAT(merge_database(ours_, other).notes, testing::IsEmpty());
  EXPECT_EQ(rows(folder_ / "ours.db", kLists), lists);
}

TEST_F(Merging, AListThatTheirsContinuesGrows) {
  theirs_.put_experiment(experiment_row({run_row("sink", 0, 0), run_row("vanilla", 0, 1),
                                         run_row("sink", 0, 2), run_row("vanilla", 0, 0)}));
  complete(theirs_, "sink-0-s0", 3);
  EXPECT_THAT(merge_database(ours_, folder_ / "theirs.db").notes, testing::IsEmpty());
  EXPECT_EQ(rows(folder_ / "ours.db", kLists), "quick|vanilla-0-s0 vanilla-0-s1 sink-0-s0\n");
}

TEST_F(Merging, OnlyMetricsOfTrainingStepsAreThinned) {
  const Lease lease = begin(theirs_, "sink-0-s0");
  theirs_.describe(lease, {{"train/loss", "nats", "lower", "loss of a step"}});
  for (const int64_t step : {10, 20, 50, 60, 100})
    theirs_.add_metrics(lease,
                        {{"train/loss", step, -1, -1, 1.0}, {"eval/loss", step, -1, -1, 2.0}});
  theirs_.finish(lease, {});
  merge_database(ours_, folder_ / "theirs.db", {}, 50);
  EXPECT_EQ(
      rows(folder_ / "ours.db",
           "select name, group_concat(step) from v_metric where run_id = 'sink-0-s0' group by 1"),
      "eval/loss|10,20,50,60,100\ntrain/loss|50,100\n");
}

TEST_F(Merging, OnBothSidesOursStaysAndTheDifferenceIsNoted) {
  complete(ours_, "vanilla-0-s1", 2);
  complete(theirs_, "vanilla-0-s1", 2.5);
  const MergeSummary summary = merge_database(ours_, folder_ / "theirs.db");
  EXPECT_EQ(summary.kept, 1);
  EXPECT_EQ(
      rows(folder_ / "ours.db", "select eval_loss from run_wide where run_id = 'vanilla-0-s1'"),
      "2\n");
  EXPECT_EQ(rows(folder_ / "ours.db", "select text from event where kind = 'merge'"),
            "also done in another database: final loss 2.0 here, 2.5 there, difference 0.5\n");
  merge_database(ours_, folder_ / "theirs.db");
  EXPECT_EQ(rows(folder_ / "ours.db", "select count(*) from event where kind = 'merge'"), "1\n");
}

TEST_F(Merging, AnotherConfigurationUnderOneRunIdIsRefused) {
  RunRow other = run_row("vanilla", 0, 0);
  other.identity = "something else";
  theirs_.put_experiment(experiment_row({other, run_row("sink", 0, 5)}, "conflict"));
  complete(theirs_, "sink-0-s5", 1);
  const std::string before = sha256_file(folder_ / "ours.db");
  try {
    merge_database(ours_, folder_ / "theirs.db");
    FAIL() << "merged";
  } catch (const Error& e) {
    EXPECT_THAT(e.what(), HasSubstr("vanilla-0-s0"));
    EXPECT_THAT(e.what(), HasSubstr("something else"));
    EXPECT_THAT(e.what(), HasSubstr("ours.db"));
  }
  EXPECT_EQ(sha256_file(folder_ / "ours.db"), before);
}

TEST_F(Merging, ARunThatIsNotWhatItsNameSaysIsRefused) {
  complete(theirs_, "sink-0-s0", 3);
  const std::string before = sha256_file(folder_ / "ours.db");
  const auto check = [](const ForeignRun& run) {
    return run.identity == "sink0.000000" ? "changed" : "";
  };
  EXPECT_THROW(merge_database(ours_, folder_ / "theirs.db", check), Error);
  EXPECT_EQ(sha256_file(folder_ / "ours.db"), before);
  sql::Connection(folder_ / "theirs.db", sql::Connection::Mode::read_write)
      .exec("UPDATE run SET run_id = '../x' WHERE run_id = 'sink-0-s0'");
  EXPECT_THROW(merge_database(ours_, folder_ / "theirs.db"), Error);
}

TEST_F(Merging, AViewInThePlaceOfATableIsRefused) {
  complete(theirs_, "sink-0-s0", 3);
  sql::Connection db(folder_ / "theirs.db", sql::Connection::Mode::read_write);
  db.exec(
      "ALTER TABLE bench RENAME TO other; CREATE VIEW bench AS WITH RECURSIVE t(n) AS (SELECT 1 "
      "UNION ALL SELECT n + 1 FROM t) SELECT n FROM t");
  EXPECT_THROW(merge_database(ours_, folder_ / "theirs.db"), StoreError);
}

TEST_F(Merging, MoreColumnsThanAViewCanHoldAreRefused) {
  complete(theirs_, "sink-0-s0", 3);
  sql::Connection db(folder_ / "theirs.db", sql::Connection::Mode::read_write);
  db.exec(
      "INSERT INTO metric_name(name, level, unit, better, help) WITH RECURSIVE t(n) AS (SELECT 1 "
      "UNION ALL SELECT n + 1 FROM t LIMIT 1000) SELECT 'm/' || n, 'run', '', '', '' FROM t");
  EXPECT_THROW(merge_database(ours_, folder_ / "theirs.db"), StoreError);
  EXPECT_EQ(rows(folder_ / "ours.db", "select count(*) from run_wide"), "2\n");
}

TEST_F(Merging, TheOtherFileIsOnlyRead) {
  complete(theirs_, "sink-0-s0", 3);
  const std::string before = sha256_file(folder_ / "theirs.db");
  merge_database(ours_, folder_ / "theirs.db");
  EXPECT_EQ(sha256_file(folder_ / "theirs.db"), before);
}

TEST_F(Merging, WhatIsBeingWorkedOnHereOrVoidHereIsLeftAlone) {
  complete(theirs_, "vanilla-0-s1", 4);
  const Lease lease = begin(ours_, "vanilla-0-s1");
  EXPECT_EQ(merge_database(ours_, folder_ / "theirs.db").added, 0);
  ours_.void_run("vanilla-0-s1", "not this one");
  EXPECT_EQ(merge_database(ours_, folder_ / "theirs.db").added, 0);
  EXPECT_EQ(ours_.state("vanilla-0-s1")->status, RunStatus::voided);
}

}  // namespace
}  // namespace sinkmoe::store
