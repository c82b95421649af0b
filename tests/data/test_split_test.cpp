// The test split of every source that needs no files.
#include <gtest/gtest.h>

#include "core/registry.h"
#include "data/source.h"

namespace sinkmoe::data {
namespace {

TEST(TestSplit, RowsArePureAndSharedWithNoOtherSplit) {
  for (const std::string& name : plugin_names("source")) {
    if (name == "text") continue;  // tests/data/text_source_test.cpp
    const config::DataConfig config{.source = name};
    const auto a = open_source(config), b = open_source(config);
    ASSERT_GT(a->test_rows(), 1000) << name;
    std::vector<int32_t> test(65), other(65);
    for (int64_t i = 0; i < 20; ++i) {
      a->test_row(i, test);
      b->test_row(i, other);
      EXPECT_EQ(test, other) << name;
      b->eval_row(i, other);
      EXPECT_NE(test, other) << name;
      b->train_row(0, 0, i, other);
      EXPECT_NE(test, other) << name;
    }
  }
}

}  // namespace
}  // namespace sinkmoe::data
