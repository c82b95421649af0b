#include "train/row_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace sinkmoe::train {
namespace {

using ::testing::ElementsAre;

// What came out of the buffer, in order.
class Buffered : public ::testing::Test {
 protected:
  void row(const std::string& name) { buffer.hooks().metrics({{.name = name}}); }

  std::vector<std::string> out;
  TrainHooks hooks{.metrics =
                       [this](const auto& rows) {
                         for (const MetricRow& r : rows) out.push_back(r.name);
                       },
                   .event = [this](const auto&) { out.push_back("EVENT"); },
                   .checkpoint = [this](int64_t, const auto&, bool) { out.push_back("POINT"); }};
  RowBuffer buffer{hooks};
};

TEST_F(Buffered, RowsWaitAndKeepTheirOrder) {
  row("a");
  row("b");
  EXPECT_TRUE(out.empty());
  buffer.flush();
  EXPECT_THAT(out, ElementsAre("a", "b"));
  buffer.flush();
  EXPECT_THAT(out, ElementsAre("a", "b"));
}

// A checkpoint's row says that what came before is stored: a resumed run starts behind it.
TEST_F(Buffered, NothingOvertakesRows) {
  row("a");
  buffer.hooks().checkpoint(1, "file", false);
  row("b");
  buffer.hooks().event({});
  row("c");
  EXPECT_THAT(out, ElementsAre("a", "POINT", "b", "EVENT"));
}

}  // namespace
}  // namespace sinkmoe::train
