// What a run reads: stored under its lease, replaced by a later attempt, shown by a view, merged.
#include <gtest/gtest.h>

#include "fixture.h"
#include "store/merge/merge.h"

namespace sinkmoe::store {
namespace {

const std::string kAll =
    "select run_id, part, ordinal, name, sha256, tokens, bytes, rows from v_input order by part, ordinal";

TEST(Inputs, AreReplacedAndLeaveOutWhatDoesNotApply) {
  Folder folder;
  Store store(folder / "r.db");
  store.put_experiment(experiment_row({run_row("sink", 0, 0)}));
  const Lease lease = begin(store, "sink-0-s0");
  store.put_inputs(lease, {{.part = "source", .name = "old", .sha256 = "0"}});
  store.put_inputs(lease, {{.part = "source", .name = "text", .sha256 = "a1", .rows = 7},
                           {.part = "valid file",
                            .ordinal = 1,
                            .name = "b.txt",
                            .sha256 = "b2",
                            .tokens = 10,
                            .bytes = 20}});
  const std::string want =
      "sink-0-s0|source|0|text|a1|||7\nsink-0-s0|valid file|1|b.txt|b2|10|20|\n";
  EXPECT_EQ(rows(folder / "r.db", kAll), want);
  store.finish(lease, {});
  EXPECT_THROW(store.put_inputs(lease, {}), LeaseLost);
  EXPECT_EQ(rows(folder / "r.db", kAll), want);
}

TEST(Inputs, AreMerged) {
  Folder folder;
  Store ours(folder / "ours.db");
  {
    Store theirs(folder / "theirs.db");
    theirs.put_experiment(experiment_row({run_row("sink", 0, 0)}));
    const Lease lease = begin(theirs, "sink-0-s0");
    theirs.put_inputs(lease,
                      {{.part = "tokenizer", .name = "bytes", .sha256 = "c3", .tokens = 257}});
    theirs.finish(lease, {});
  }
  for (int i = 0; i < 2; ++i) merge_database(ours, folder / "theirs.db");
  EXPECT_EQ(rows(folder / "ours.db", kAll), "sink-0-s0|tokenizer|0|bytes|c3|257||\n");
}

}  // namespace
}  // namespace sinkmoe::store
