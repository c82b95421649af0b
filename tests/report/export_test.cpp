// Curves for other programs, and metadata for Datasette.
#include <gmock/gmock.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/file.h"
#include "report/demo_database.h"
#include "report/export/curves.h"
#include "report/export/datasette.h"
#include "support/source_dir.h"

namespace sinkmoe::report {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string hex(const std::string& bytes) {
  std::string text;
  for (const unsigned char byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

// The bytes that TensorBoard's own RecordWriter and protobuf classes (2.20) write for these events.
TEST(TensorBoard, WritesTheBytesThatTensorBoardWrites) {
  const RunCurves run{
      .run_id = "0123456789ab",
      .started = 1000,
      .ended = 1300,
      .last_step = 300,
      .curves = {{"eval/loss", {{0, 4.5}, {300, 2.25}}}, {"train/loss", {{300, 0.1}}}}};
  EXPECT_EQ(hex(tensorboard_events(run)),
            "1800000000000000a37f4b22090000000000408f401a0d627261696e2e4576656e743a3273ae6b56"
            "1d00000000000000602fdf23090000000000408f402a120a100a096576616c2f6c6f737315000090"
            "40dfb1da96"
            "33000000000000000ca7205609000000000050944010ac022a250a100a096576616c2f6c6f737315"
            "000010400a110a0a747261696e2f6c6f737315cdcccc3d3b59c798");
}

class Exports : public testing::Test {
 protected:
  Exports() {
    std::string name = testing::TempDir() + "sinkmoe-export-XXXXXX";
    folder_ = ::mkdtemp(name.data());
    make_demo(folder_ / "r.db", {.variants = {"sink"}, .weights = {0.01}, .seeds = 2});
  }
  ~Exports() override { fs::remove_all(folder_); }
  store::Reader reader() { return store::Reader(folder_ / "r.db"); }

  fs::path folder_;
};

TEST_F(Exports, CurvesAreThoseOfTheDatabase) {
  const auto runs = read_curves(reader(), "quick", {"eval/floor"});
  ASSERT_EQ(runs.size(), 2u);
  EXPECT_EQ(runs[1].run_id, "sink-100-s1");
  EXPECT_EQ(runs[1].seed, 1);
  EXPECT_EQ(runs[1].last_step, 1000);
  ASSERT_EQ(runs[1].curves.size(), 1u);
  EXPECT_EQ(runs[1].curves[0].points.size(), 8u);
  const std::string csv = curves_csv(runs);
  EXPECT_TRUE(
      csv.starts_with("run_id,group_id,seed,label,metric,step,value\n"
                      "sink-100-s0,sink0.010000,0,sink,eval/floor,0,1.99\n"))
      << csv;
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 17);
}

TEST_F(Exports, AMetricOrExperimentThatIsAbsentIsRefused) {
  EXPECT_THROW(read_curves(reader(), "quick", {"eval/los"}), Error);
  EXPECT_THROW(read_curves(reader(), "quick", {"layer/cv"}), Error);  // not of a run
  EXPECT_THROW(read_curves(reader(), "quik", {}), Error);
}

TEST_F(Exports, ALabelBecomesASafeNameOfAFolder) {
  RunCurves run = read_curves(reader(), "quick", {"eval/floor"})[0];
  run.label = "data.path=../../x y=1";
  const auto files = write_tensorboard({run}, folder_ / "tb");
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].parent_path(), folder_ / "tb" / "data.path=.._.._x_y=1_sink-100-s0");
  EXPECT_EQ(read_file(files[0], 1 << 20), tensorboard_events(run));
}

TEST_F(Exports, DatasetteGetsDescriptionsUnitsAndQueries) {
  const auto json =
      nlohmann::json::parse(datasette_metadata(reader(), "r", source_dir() / "results/queries"));
  const auto& database = json["databases"]["r"];
  EXPECT_EQ(database["tables"]["run_wide"]["columns"]["eval_loss"], " (nats)");
  EXPECT_TRUE(database["tables"]["lease"]["hidden"]);
  EXPECT_EQ(database["queries"]["failures"]["title"], "Runs that need attention, the newest first");
  EXPECT_THAT(database["queries"]["variants"]["sql"].get<std::string>(), HasSubstr("run_wide"));
}

}  // namespace
}  // namespace sinkmoe::report
