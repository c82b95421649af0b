// What every source must satisfy, also one that is added tomorrow.
#include <gtest/gtest.h>

#include "core/file.h"
#include "core/registry.h"
#include "data/source.h"
#include "support/source_dir.h"

namespace sinkmoe::data {
namespace {

TEST(TestSplit, RowsArePureAndSharedWithNoOtherSplit) {
  for (const std::string& name : plugin_names("source")) {
    // Text has tests of its own (text_source_test.cpp); rows are only those of `sinkmoe heads`.
    if (name == "text" || name == "rows") continue;
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

// A part without a declaration would be a metric that nobody describes.
TEST(LossParts, AreThoseThatTheSourceDeclares) {
  const std::string page = read_file(source_dir() / "docs/metrics.md", 1 << 20);
  for (const auto& [name, kind] : Registry<SourceKind>::all()) {
    std::vector<std::string> declared;
    for (const LossPart& part : kind.parts) {
      declared.push_back(part.name);
      EXPECT_FALSE(part.help.empty()) << name;
      EXPECT_NE(page.find("`eval/loss_" + part.name + "`"), std::string::npos) << part.name;
    }
    if (name == "text" || name == "rows") continue;  // one part; they cannot be opened as they are
    EXPECT_EQ(open_source({.source = name})->parts(), declared) << name;
  }
}

}  // namespace
}  // namespace sinkmoe::data
