#include "train/row_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sinkmoe::train {
namespace {

using ::testing::ElementsAre;

// Names of what came out of the buffer, in order.
struct Names : RunReporter {
  void describe(const std::vector<MetricInfo>&) override {}
  void metrics(const std::vector<MetricRow>& rows) override {
    for (const MetricRow& r : rows) {
      if (r.name == "NAN") throw NotFinite("NAN");
      out.push_back(r.name);
    }
  }
  void histograms(const std::vector<HistogramRow>&) override {}
  void event(const EventRow&) override { out.push_back("EVENT"); }
  void checkpoint(int64_t, const std::filesystem::path&, bool) override { out.push_back("POINT"); }
  void progress(const Progress&) override {}
  bool stop_requested() const override { return false; }

  std::vector<std::string> out;
};

class Buffered : public ::testing::Test {
 protected:
  void row(const std::string& name) { buffer.metrics({{.name = name}}); }

  Names names;
  RowBuffer buffer{names};
};

TEST_F(Buffered, RowsWaitAndKeepTheirOrder) {
  row("a");
  row("b");
  EXPECT_TRUE(names.out.empty());
  buffer.flush();
  EXPECT_THAT(names.out, ElementsAre("a", "b"));
  buffer.flush();
  EXPECT_THAT(names.out, ElementsAre("a", "b"));
}

// A checkpoint's row says that what came before is stored: a resumed run starts behind it.
TEST_F(Buffered, NothingOvertakesRows) {
  row("a");
  buffer.checkpoint(1, "file", false);
  row("b");
  buffer.event({});
  row("c");
  EXPECT_THAT(names.out, ElementsAre("a", "POINT", "b", "EVENT"));
}

TEST_F(Buffered, RowsThatAreRefusedAreNotReportedAgain) {
  row("NAN");
  EXPECT_THROW(buffer.flush(), NotFinite);
  EXPECT_NO_THROW(buffer.flush());
}

}  // namespace
}  // namespace sinkmoe::train
