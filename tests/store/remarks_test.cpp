// Tags and notes on runs: given, taken, shown in the view, and carried along by merge.
#include <gmock/gmock.h>

#include "fixture.h"
#include "store/merge/merge.h"

namespace sinkmoe::store {
namespace {

constexpr const char* kRemarks = "select run_id, tags, note from run_wide order by 1";

class Remarks : public testing::Test {
 protected:
  Remarks() : store_(folder_ / "r.db") {
    store_.put_experiment(experiment_row({run_row("sink", 0, 0), run_row("sink", 0, 1)}));
  }
  std::string shown() { return rows(folder_ / "r.db", kRemarks); }

  Folder folder_;
  Store store_;
};

TEST_F(Remarks, TagsAreGivenOnceAndTaken) {
  store_.tag_run("sink-0-s0", {"paper", "best"}, {});
  store_.tag_run("sink-0-s0", {"paper"}, {"never-given"});
  EXPECT_EQ(shown(), "sink-0-s0|best paper|\nsink-0-s1||\n");
  store_.tag_run("sink-0-s0", {}, {"best"});
  EXPECT_EQ(shown(), "sink-0-s0|paper|\nsink-0-s1||\n");
}

TEST_F(Remarks, ATagIsAPlainName) {
  for (const char* tag : {"", "two words", "a'b", "\x1b[31m"})
    EXPECT_THROW(store_.tag_run("sink-0-s0", {"fine", tag}, {}), Error) << tag;
  EXPECT_THROW(store_.tag_run("nobody", {"fine"}, {}), Error);
  EXPECT_EQ(rows(folder_ / "r.db", "select count(*) from tag"), "0\n");
}

TEST_F(Remarks, ANoteReplacesTheLastOne) {
  store_.note_run("sink-0-s1", "odd spike at 300");
  store_.note_run("sink-0-s1", "the spike is the data's");
  EXPECT_EQ(shown(), "sink-0-s0||\nsink-0-s1||the spike is the data's\n");
  store_.note_run("sink-0-s1", "");
  EXPECT_EQ(rows(folder_ / "r.db", "select count(*) from note"), "0\n");
  EXPECT_THROW(store_.note_run("sink-0-s1", std::string(4001, 'a')), Error);
  EXPECT_THROW(store_.note_run("sink-0-s1", "\xff"), Error);
}

TEST_F(Remarks, MergeBringsThemAndLosesNone) {
  Store theirs(folder_ / "theirs.db");
  theirs.put_experiment(experiment_row({run_row("sink", 0, 0), run_row("vanilla", 0, 7)}));
  complete(store_, "sink-0-s0", 2);
  complete(theirs, "sink-0-s0", 2);
  complete(theirs, "vanilla-0-s7", 3);
  store_.tag_run("sink-0-s0", {"ours"}, {});
  store_.note_run("sink-0-s0", "our note");
  theirs.tag_run("sink-0-s0", {"theirs"}, {});
  theirs.note_run("sink-0-s0", "their note");
  theirs.note_run("vanilla-0-s7", "new here");
  for (int i = 0; i < 2; ++i) {
    merge_database(store_, folder_ / "theirs.db");
    EXPECT_EQ(shown(), "sink-0-s0|ours theirs|our note\nsink-0-s1||\nvanilla-0-s7||new here\n");
    EXPECT_EQ(rows(folder_ / "r.db", "select text from event where kind = 'note'"),
              "in another database: their note\n");
  }
}

TEST_F(Remarks, WhatIsNotUtf8IsRefused) {
  for (const std::string bad : {"caf\xe9", "\xff"}) {
    EXPECT_THROW(store_.note_run("sink-0-s0", bad), Error);
    EXPECT_THROW(store_.tag_run("sink-0-s0", {bad}, {}), Error);
    EXPECT_THROW(store_.void_run("sink-0-s0", bad), Error);
  }
  EXPECT_EQ(shown(), "sink-0-s0||\nsink-0-s1||\n");
}

}  // namespace
}  // namespace sinkmoe::store
