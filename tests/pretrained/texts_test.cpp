// Texts from files, folders and the program itself.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/problems.h"
#include "core/file.h"
#include "core/text/utf8.h"
#include "pretrained/rows/texts.h"

namespace sinkmoe::pretrained {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

class TextFiles : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder);
    fs::create_directories(folder);
    write_file_atomic(folder / "b.txt", "second");
    write_file_atomic(folder / "a.txt", "first");
    write_file_atomic(folder / "notes.md", "not a text");
  }
  void TearDown() override { fs::remove_all(folder); }
  const fs::path folder = fs::path(testing::TempDir()) / "sinkmoe_texts";
};

TEST_F(TextFiles, OfAFolderAreTakenByName) {
  const Texts texts = read_texts({folder}, 1 << 20);
  EXPECT_THAT(texts.contents, ElementsAre("first", "second"));
  EXPECT_EQ(texts.description, "2 files, the first is a.txt");
}

TEST_F(TextFiles, ThatCannotBeUsedAreRefused) {
  write_file_atomic(folder / "latin", "caf\xe9");
  fs::create_directory(folder / "empty");
  EXPECT_THAT(complaint([&] { read_texts({folder / "latin"}, 1 << 20); }), HasSubstr("not UTF-8"));
  EXPECT_THAT(complaint([&] { read_texts({folder / "empty"}, 1 << 20); }), HasSubstr("no *.txt"));
  EXPECT_THAT(complaint([&] { read_texts({folder / "none"}, 1 << 20); }),
              HasSubstr("no such file"));
  EXPECT_THAT(complaint([&] { read_texts({folder}, 8); }), HasSubstr("more than 0 MB"));
}

TEST(TextOfTheProgram, IsPlainProseOfAFewThousandBytes) {
  const Texts texts = read_texts({}, 1);
  ASSERT_EQ(texts.contents.size(), 1u);
  EXPECT_GT(texts.contents[0].size(), 5000u);
  EXPECT_TRUE(valid_utf8(texts.contents[0]));
}

}  // namespace
}  // namespace sinkmoe::pretrained
