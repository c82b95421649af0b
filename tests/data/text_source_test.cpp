#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "core/file.h"
#include "data/import/import.h"
#include "data/source.h"
#include "data/text_set.h"
#include "text_fixture.h"

namespace sinkmoe::data {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class TextSourceTest : public ScratchFolder {
 protected:
  void SetUp() override {
    ScratchFolder::SetUp();
    put("text/train/a.txt", made_up_text(1, 200));
    put("text/valid/b.txt", "0123456789abcdefghij*");
    import_text(
        {.corpus = {.folder = folder_ / "text"}, .out = folder_ / "set", .tokenizer = "bytes"});
  }
  config::DataConfig config(int64_t context) const {
    return {.source = "text", .path = (folder_ / "set").string(), .context = context};
  }
  std::string text_of(std::span<const int32_t> row) const {
    return open_tokenizer(folder_ / "set")->decode(row.subspan(1));
  }
};

TEST_F(TextSourceTest, TrainingRowsAreBosAndAWindowOfTheText) {
  const auto source = open_source(config(16));
  const std::string text = made_up_text(1, 200);
  std::vector<int32_t> row(17);
  for (int64_t i = 0; i < 50; ++i) {
    source->train_row(1, 2, i, row);
    EXPECT_EQ(row[0], source->bos());
    EXPECT_NE(text.find(text_of(row)), std::string::npos);
  }
  EXPECT_EQ(source->vocabulary(), 257);
}

TEST_F(TextSourceTest, TheTestSplitIsReadAndNamedOnlyWhenAskedFor) {
  EXPECT_EQ(open_source(config(16))->test_rows(), 0);
  config::RunConfig run{.data = config(16)};
  const std::string valid = data_identity(run);
  EXPECT_EQ(valid, source_identity(run.data));
  run.eval.split = config::Split::test;
  EXPECT_THAT(refusal_of([&] { data_identity(run); }), HasSubstr("no test split"));

  put("text/test/c.txt", "9876543210jihgfedcba!*tail");
  import_text(
      {.corpus = {.folder = folder_ / "text"}, .out = folder_ / "with_test", .tokenizer = "bytes"});
  run.data.path = (folder_ / "with_test").string();
  const auto source = open_source(run.data);
  EXPECT_EQ(source->test_rows(), 1);
  std::vector<int32_t> row(17);
  source->test_row(0, row);
  EXPECT_EQ(row[0], source->bos());
  EXPECT_EQ(text_of(row), "9876543210jihgfe");
  EXPECT_NE(data_identity(run), valid);
  run.eval.split = config::Split::valid;
  EXPECT_EQ(data_identity(run), valid) << "a test split renames no run that does not read it";
}

TEST_F(TextSourceTest, TrainingRowsArePureFunctions) {
  const auto a = open_source(config(16)), b = open_source(config(16));
  std::vector<int32_t> x(17), y(17);
  a->train_row(1, 2, 3, x);
  b->train_row(5, 5, 5, y);
  b->train_row(1, 2, 3, y);
  EXPECT_EQ(x, y);
  b->train_row(2, 2, 3, y);
  EXPECT_NE(x, y);
}

TEST_F(TextSourceTest, WindowsStartEverywhereAlike) {
  put("text/train/a.txt", "abcdefghij");
  import_text({.corpus = {.folder = folder_ / "text"},
               .out = folder_ / "set",
               .tokenizer = "bytes",
               .force = true});
  const auto source = open_source(config(4));
  std::map<int32_t, int> starts;
  std::vector<int32_t> row(5);
  for (int64_t i = 0; i < 7000; ++i) {
    source->train_row(0, i, 0, row);
    ++starts[row[1]];
  }
  EXPECT_EQ(starts.size(), 7u) << "a to g: the last window ends with the text";
  for (const auto& [id, count] : starts) EXPECT_NEAR(count, 1000, 150) << id;
}

TEST_F(TextSourceTest, RowsOfDocumentsStartAtEachDocumentAlike) {
  const auto open = [this](const std::string& rows) {
    config::DataConfig c = config(4);
    c.options.set("text", "rows", rows);
    return open_source(c);
  };
  EXPECT_THAT(refusal_of([&] { open("documents"); }), HasSubstr("--documents bos"));
  fs::remove_all(folder_ / "text" / "train");
  put("text/train/a.jsonl",
      "{\"text\": \"abcdefgh\"}\n{\"text\": \"ij\"}\n{\"text\": \"klmn\"}\n"
      "{\"text\": \"xyz\"}\n");
  import_text({.corpus = {.folder = folder_ / "text"},
               .out = folder_ / "set",
               .tokenizer = "bytes",
               .documents = true,
               .force = true});
  std::map<std::vector<int32_t>, int> seen;
  std::vector<int32_t> row(5);
  const auto documents = open("documents");
  for (int64_t i = 0; i < 3000; ++i) {
    documents->train_row(0, i, 0, row);
    ++seen[row];
  }
  ASSERT_EQ(seen.size(), 3u) << "after 'xyz' no row of five tokens is left";
  for (const auto& [first, count] : seen) EXPECT_NEAR(count, 1000, 150);
  EXPECT_TRUE(seen.contains({256, 'a', 'b', 'c', 'd'}));
  EXPECT_TRUE(seen.contains({256, 'i', 'j', 256, 'k'}));
  const auto windows = open("windows");
  std::set<std::vector<int32_t>> others;
  for (int64_t i = 0; i < 3000; ++i) {
    windows->train_row(0, i, 0, row);
    others.insert(row);
  }
  EXPECT_TRUE(others.contains({256, 'b', 'c', 'd', 'e'}));
  EXPECT_TRUE(others.contains({256, 'i', 'j', 256, 'k'})) << "one BOS in front, not two";
  EXPECT_FALSE(others.contains({256, 256, 'i', 'j', 256}));
}

TEST_F(TextSourceTest, ValidationRowsTileTheTextAndDropTheTail) {
  const auto source = open_source(config(5));
  ASSERT_EQ(source->eval_rows(), 4);
  std::vector<int32_t> row(6);
  std::string joined;
  for (int64_t i = 0; i < 4; ++i) {
    source->eval_row(i, row);
    EXPECT_EQ(row[0], source->bos());
    joined += text_of(row);
  }
  EXPECT_EQ(joined, "0123456789abcdefghij");
}

TEST_F(TextSourceTest, TargetBytesCountTheTextOfTheTargets) {
  put("text/train/a.txt", made_up_text(1, 3000));
  put("text/valid/b.txt", made_up_text(2, 300) + "\xC3\xA9\xC3\xA9");
  import_text({.corpus = {.folder = folder_ / "text"},
               .out = folder_ / "set",
               .vocabulary = 320,
               .force = true});
  const auto source = open_source(config(10));
  std::vector<int32_t> row(11);
  for (int64_t i = 0; i < source->eval_rows(); ++i) {
    source->eval_row(i, row);
    EXPECT_EQ(source->target_bytes(row), static_cast<int64_t>(text_of(row).size()));
  }
}

TEST_F(TextSourceTest, HasOnePartAndNoFloor) {
  const auto source = open_source(config(5));
  EXPECT_TRUE(source->parts().empty());
  EXPECT_FALSE(source->floor_nats());
  std::vector<uint8_t> part(5, 9);
  source->parts_of(std::vector<int32_t>(6), part);
  EXPECT_EQ(part, std::vector<uint8_t>(5, 0));
}

TEST_F(TextSourceTest, ContextUpToTheWholeTextAndNoFurther) {
  EXPECT_EQ(open_source(config(21))->eval_rows(), 1);
  for (const auto& open : {+[](const config::DataConfig& c) { open_source(c); },
                           +[](const config::DataConfig& c) { source_identity(c); }})
    EXPECT_THAT(
        refusal_of([&] { open(config(22)); }),
        AllOf(HasSubstr("data.context is 22"), HasSubstr("valid.tokens"), HasSubstr("21 tokens")));
}

TEST_F(TextSourceTest, IdentityIsThatOfTheTextNotOfThePath) {
  const std::string hash = source_identity(config(5));
  EXPECT_EQ(hash, open_source(config(5))->content_hash());
  fs::rename(folder_ / "set", folder_ / "moved");
  config::DataConfig moved = config(5);
  moved.path = (folder_ / "moved").string();
  EXPECT_EQ(source_identity(moved), hash);
  EXPECT_THAT(refusal_of([&] { source_identity(config(5)); }), HasSubstr("no such folder"));
  put("text/train/a.txt", made_up_text(9, 200));
  import_text(
      {.corpus = {.folder = folder_ / "text"}, .out = folder_ / "set", .tokenizer = "bytes"});
  EXPECT_NE(source_identity(config(5)), hash);
}

TEST_F(TextSourceTest, ADamagedFileIsRefusedWhenOpened) {
  const fs::path path = folder_ / "set" / "train.tokens";
  std::string content = read_file(path, 1 << 20);
  content.back() = static_cast<char>(content.back() ^ 1);
  write_file_atomic(path, content);
  EXPECT_THAT(refusal_of([&] { open_source(config(5)); }),
              AllOf(HasSubstr("train.tokens"), HasSubstr("hash")));
}

TEST_F(TextSourceTest, APathIsNeeded) {
  EXPECT_THAT(refusal_of([] { open_source({.source = "text"}); }), HasSubstr("data.path"));
}

}  // namespace
}  // namespace sinkmoe::data
