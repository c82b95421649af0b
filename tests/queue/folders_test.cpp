// Where the files of a run lie: in a folder of their database, and for runs of earlier versions in
// the folder that all databases shared.
#include <fstream>

#include "sweep_fixture.h"

namespace sinkmoe::queue {
namespace {

namespace fs = std::filesystem;

TEST(RunFolder, BelongsToTheDatabase) {
  EXPECT_EQ(run_folder("results/results.db", "abc"), "results/results.runs/abc");
  EXPECT_EQ(run_folder("r.db", "abc"), "r.runs/abc");
  EXPECT_EQ(run_folder("r.sqlite", "abc"), "r.sqlite.runs/abc") << "beside r.db, not with it";
  EXPECT_EQ(run_folder("/a/runs", "abc"), "/a/runs.runs/abc");
  EXPECT_THROW(run_folder("r.db", "../abc"), Error);
}

class Folders : public testing::Test {
 protected:
  static std::string final_file(const fs::path& db) {
    const auto file = final_weights(store::Store(db), "fake-0", nullptr);
    return file ? file->string() : "none";
  }
  // Brings the files to where earlier versions kept them.
  void make_old(const std::string& name) {
    fs::create_directories(folder_ / "runs");
    for (const auto& run : fs::directory_iterator(folder_ / (name + ".runs")))
      fs::rename(run.path(), folder_ / "runs" / run.path().filename().string());
    fs::remove(folder_ / (name + ".runs"));
  }
  Folder folder_;
};

TEST_F(Folders, TwoDatabasesShareNoFile) {
  const fs::path a = folder_ / "a.db", b = folder_ / "b.db";
  run_experiment(fake_plan(1, 20), fake_options(a));
  run_experiment(fake_plan(1, 30), fake_options(b));  // the same name, other weights
  EXPECT_EQ(final_file(a), (folder_ / "a.runs/fake-0/final.txt").string());
  EXPECT_EQ(final_file(b), (folder_ / "b.runs/fake-0/final.txt").string());
}

TEST_F(Folders, OfAnEarlierVersionAreRead) {
  const fs::path db = folder_ / "r.db";
  run_experiment(fake_plan(1, 20), fake_options(db));
  make_old("r");
  EXPECT_EQ(final_file(db), (folder_ / "runs/fake-0/final.txt").string());
  Plan plan = fake_plan(2, 20);
  plan.runs[1].parent = "fake-0";
  EXPECT_EQ(run_experiment(plan, fake_options(db)).exit_code(), 0);
  EXPECT_EQ(rows(db, "select max(attempt) from attempt where run = 1"), "1\n")
      << "the parent's weights were found";
}

TEST_F(Folders, OfAnEarlierVersionAreResumedFrom) {
  const fs::path db = folder_ / "r.db";
  const Sweep sweep = start_sweep(db, 1, 300);
  ASSERT_TRUE(eventually(db, "select count(*) > 1 from checkpoint", "1\n"));
  sweep.signal(SIGTERM);
  ASSERT_EQ(sweep.wait(), 75);
  make_old("r");
  std::ofstream(folder_ / "runs/fake-0/step-10.txt") << "of another database";
  const std::string newest = rows(db, "select max(step) from checkpoint");
  EXPECT_EQ(run_experiment(fake_plan(1, 300), fake_options(db)).exit_code(), 0);
  EXPECT_EQ(rows(db, "select start_step from attempt where attempt = 2"), newest);
  EXPECT_EQ(final_file(db), (folder_ / "r.runs/fake-0/final.txt").string());
  EXPECT_FALSE(fs::exists(folder_ / "runs/fake-0" /
                          ("step-" + newest.substr(0, newest.size() - 1) + ".txt")))
      << "its own files are tidied up";
  EXPECT_TRUE(fs::exists(folder_ / "runs/fake-0/step-10.txt")) << "others' files stay";
}

}  // namespace
}  // namespace sinkmoe::queue
