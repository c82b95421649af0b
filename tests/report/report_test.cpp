// From a database of invented runs to files, with the artifact specs of the tree.
#include "report/report.h"

#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "core/error.h"
#include "core/file.h"
#include "demo_database.h"
#include "hand_made.h"
#include "report/draw/plot/png_text.h"
#include "store/read/query.h"
#include "support/source_dir.h"

namespace sinkmoe::report {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
namespace fs = std::filesystem;

const fs::path kPlots = source_dir() / "plots";

class ReportTest : public testing::Test {
 protected:
  ReportTest() {
    std::string name = testing::TempDir() + "sinkmoe-report-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~ReportTest() override { fs::remove_all(folder_); }

  Documents documents(const DemoShape& shape, const std::vector<std::string>& names = {},
                      const std::vector<std::string>& only = {}) {
    const fs::path db = folder_ / "r.db";
    if (!fs::exists(db)) make_demo(db, shape);
    const store::Reader reader(db);
    return make_documents(
        read_specs(kPlots, names), [&](const std::string& sql) { return reader.query(sql); }, only);
  }

  static std::string text(const fs::path& path) { return read_file(path, 1 << 26); }

  fs::path folder_;
};

TEST_F(ReportTest, EveryArtifactOfTheTreeIsMadeTwiceWithEqualBytes) {
  const Documents first = documents({});
  EXPECT_THAT(first.problems, IsEmpty());
  EXPECT_THAT(first.absent, testing::Not(Contains("main_table")));
  const Written written = write_documents(first, folder_ / "a");
  EXPECT_THAT(written.problems, IsEmpty());
  write_documents(documents({}), folder_ / "b");
  for (const std::string& file : written.files)
    EXPECT_EQ(text(folder_ / "a" / file), text(folder_ / "b" / file)) << file;
  for (const char* file : {"main_table.quick.md", "main_table.quick.tex", "main_table.quick.csv",
                           "main_table.quick.json", "imbalance_steps.quick.svg",
                           "importance_heatmap.quick.png", "index.html"})
    EXPECT_THAT(written.files, Contains(file));
}

TEST_F(ReportTest, ANamedArtifactLeavesTheIndexAlone) {
  const Written written =
      write_documents(documents({}, {"main_table"}), folder_ / "a", {.index = ""});
  EXPECT_THAT(written.files, Contains("main_table.quick.md"));
  EXPECT_FALSE(fs::exists(folder_ / "a/index.html"));
}

TEST_F(ReportTest, IndexIsSelfContained) {
  write_documents(documents({}), folder_ / "a");
  const std::string index = text(folder_ / "a/index.html");
  EXPECT_THAT(index, HasSubstr("<svg"));
  EXPECT_THAT(index, HasSubstr("id='imbalance_steps.quick-gpPt0'"));
  EXPECT_THAT(index, Not(HasSubstr("src=\"http")));
  EXPECT_THAT(index, Not(HasSubstr("href=\"http")));
}

TEST_F(ReportTest, ANewVariantComesAfterTheKnownOnes) {
  const Documents made = documents(
      {.experiment = "grid", .variants = {"ancient", "vanilla", "gated"}}, {"dose_balance"});
  ASSERT_EQ(made.list.size(), 1u);
  std::vector<std::string> variants;
  for (const auto& row : made.list[0].data.rows) variants.push_back(to_text(row[0]));
  EXPECT_THAT(variants,
              testing::ElementsAre("vanilla", "vanilla", "gated", "gated", "ancient", "ancient"));
}

TEST_F(ReportTest, TwoSeedsHaveNoBandAndThreeHaveOne) {
  for (const int64_t seeds : {2, 3}) {
    fs::remove(folder_ / "r.db");
    const Documents made = documents({.experiment = "grid", .seeds = seeds}, {"dose_balance"});
    ASSERT_EQ(made.list.size(), 1u);
    EXPECT_EQ(made.list[0].figure->script.find("filledcurves") != std::string::npos, seeds == 3);
  }
}

TEST_F(ReportTest, ADivergedRunIsShownAndMakesItsCellsMissing) {
  DemoShape shape;
  shape.diverged = "sink-100-s1";
  const Documents made = documents(shape, {"main_table", "imbalance_steps"});
  EXPECT_EQ(made.list[0].grid->rows[3][3], "2 (1 diverged)");
  EXPECT_EQ(check_of(made.list[0].judgements[1]), Check::kMissing);
  EXPECT_THAT(made.list[1].notes, Contains("Left out, not done: run sink-100-s1 (diverged)."));
}

TEST_F(ReportTest, AnotherExperimentUsesTheSameSpecAndASecondWeightWidensTheTable) {
  DemoShape shape;
  shape.experiment = "my_sweep";
  shape.weights = {0, 0.001, 0.01};
  const Documents made = documents(shape, {"main_table"});
  ASSERT_EQ(made.list.size(), 1u);
  EXPECT_EQ(made.list[0].id, "main_table.my_sweep");
  EXPECT_EQ(made.list[0].grid->rows.size(), 9u);
  EXPECT_THROW(documents(shape, {"main_table"}, {"quick"}), Error);
}

TEST_F(ReportTest, AStarDoesNotStandForAnExperimentThatSomeArtifactNames) {
  DemoShape shape;
  shape.experiment = "controls";
  EXPECT_THAT(documents(shape, {"main_table"}).absent, Contains("main_table"));
}

TEST_F(ReportTest, ABadQueryIsAProblemOfItsArtifactOnly) {
  const fs::path db = folder_ / "r.db";
  make_demo(db);
  const store::Reader reader(db);
  std::vector<Spec> specs = read_specs(kPlots, {"main_table", "loss_curves"});
  specs[0].query = "select nothing from experiment_wide where experiment = :experiment";
  const Documents made =
      make_documents(specs, [&](const std::string& sql) { return reader.query(sql); });
  EXPECT_EQ(made.list.size(), 1u);
  EXPECT_THAT(made.problems, Contains(HasSubstr("main_table of experiment quick not made")));
}

TEST_F(ReportTest, WithoutGnuplotTablesAreMadeAndTheMessageIsClear) {
  const Written written =
      write_documents(documents({}), folder_ / "a", {.gnuplot = {.program = "no-such-gnuplot"}});
  EXPECT_THAT(written.problems,
              testing::ElementsAre(HasSubstr("there is no program 'no-such-gnuplot'")));
  EXPECT_TRUE(fs::exists(folder_ / "a/main_table.quick.md"));
  EXPECT_TRUE(fs::exists(folder_ / "a/imbalance_steps.quick.csv"));
  EXPECT_FALSE(fs::exists(folder_ / "a/imbalance_steps.quick.svg"));
}

TEST_F(ReportTest, AFolderThatCannotBeWrittenIsAUserError) {
  std::ofstream(folder_ / "file") << "x";
  EXPECT_THROW(write_documents(Documents{}, folder_ / "file"), Error);
}

TEST_F(ReportTest, NamesCannotRunCommandsInGnuplot) {
  const fs::path target = folder_ / "touched";
  Table rows = hand_made_steps(2);
  for (auto& row : rows.rows)
    if (to_text(row[0]) == "gated")
      row[0] = "`touch " + target.string() + "`'; system 'touch " + target.string() + "'\n!touch x";
  DocumentInput input;
  input.rows = rows;
  const std::string head = "paper = \"F\"\ntitle = \"a\"\nquery = \"q\"\n[layout]\n";
  for (const std::string& layout : {kLines, kBars, kHeatmap, kScatter}) {
    const Document d = make_document(parse_spec(head + layout, "plots/f.toml"), input);
    const auto svg = draw({}, *d.figure, Picture::kSvg, "<b>");
    ASSERT_TRUE(svg);
    EXPECT_THAT(*svg, HasSubstr("<desc>&lt;b&gt;</desc>"));
  }
  EXPECT_FALSE(fs::exists(target));
}

TEST(Gnuplot, ItsFailureIsReportedInItsOwnWords) {
  try {
    const std::string lengthy = "plot x" + std::string(5000, ' ') + "lw 1 lw 2\n";
    draw({}, Figure{lengthy, 100, 100}, Picture::kSvg, "");
    FAIL();
  } catch (const std::runtime_error& e) {
    EXPECT_THAT(e.what(), HasSubstr("gnuplot failed: line "));
    EXPECT_THAT(e.what(), HasSubstr("duplicate"));
    EXPECT_LT(std::string(e.what()).size(), 400u) << "without the command";
  }
}

TEST(Gnuplot, APngCarriesItsDescription) {
  EXPECT_EQ(crc32("123456789"), 0xCBF43926u);  // the check value of the polynomial
  const auto png = draw({}, Figure{"plot x\n", 60, 60}, Picture::kPng, "runs: a b");
  ASSERT_TRUE(png);
  EXPECT_EQ(png->substr(33, 24), std::string("\0\0\0\x19iTXtDescription\0\0\0\0\0", 24));
  EXPECT_THAT(*png, HasSubstr("runs: a b"));
  EXPECT_EQ(png_with_text("no picture", "k", "t"), "no picture");
}

TEST(Gnuplot, ADrawingThatTakesTooLongIsStopped) {
  const Figure endless{"while (1) { x = 1 }\n", 100, 100};
  EXPECT_THROW(draw({.seconds = 1}, endless, Picture::kSvg, ""), std::runtime_error);
}

}  // namespace
}  // namespace sinkmoe::report
