// What names of files and folders say about splits.
#include "data/corpus/split_names.h"

#include <gmock/gmock.h>

#include "data/text_fixture.h"

namespace sinkmoe::data {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

using Names = std::vector<std::string>;

// One letter a name: t, v, e (test), - (left out); "" if names say nothing; "+" if validation text
// must still be taken.
std::string split(const Names& names, const Names& given = {"", "", ""}) {
  const NamedSplit split = split_by_names(names, given[0], given[1], given[2]);
  std::string text;
  for (const Part part : split.parts) text += "tve-"[static_cast<size_t>(part)];
  return text + (split.take_valid ? "+" : "");
}

std::string refused(const Names& names, const Names& given = {"", "", ""}) {
  return refusal_of([&] { split(names, given); });
}

TEST(SplitNames, KnowsTheCustomaryFolders) {
  for (const std::string valid : {"val", "valid", "validation", "dev", "Dev", "VALIDATION"})
    EXPECT_EQ(split({"test/a.txt", "train/b.txt", valid + "/c.txt"}), "etv") << valid;
}

TEST(SplitNames, KnowsTheCustomaryFiles) {
  EXPECT_EQ(split({"x.test.txt", "x.train.txt", "x.valid.txt"}), "etv");
  EXPECT_EQ(split({"dev.txt", "test.txt", "train.txt"}), "vet");
  EXPECT_EQ(split({"train-00000-of-00002.txt", "train-00001-of-00002.txt", "validation-00000.txt"}),
            "ttv");
  EXPECT_EQ(split({"en/train_1.txt", "en/val_1.txt"}), "tv");
}

TEST(SplitNames, FoldersMayLieDeeperAndMayBeSeveral) {
  EXPECT_EQ(split({"de/train/a.txt", "de/val/b.txt", "en/train/a.txt", "en/val/b.txt"}), "tvtv");
  EXPECT_EQ(split({"novels/test/the_train.txt", "novels/train/test.txt"}), "et+")
      << "a folder's name counts more than a file's";
}

TEST(SplitNames, TitlesAndOtherNamesSayNothing) {
  EXPECT_EQ(split({"emma.txt", "the_last_train.txt"}), "");
  EXPECT_EQ(split({"a/testament.txt", "a/validity.txt", "b/developer.txt"}), "");
  EXPECT_EQ(split({"test.txt"}), "") << "one file alone";
  EXPECT_EQ(split({"train/a.txt", "train/b.txt"}), "") << "nothing else is there";
}

TEST(SplitNames, HeldOutTextTakesThePlaceThatIsFree) {
  EXPECT_EQ(split({"heldout/a.txt", "train/b.txt"}), "vt");
  EXPECT_EQ(split({"held-out/a.txt", "train/b.txt", "valid/c.txt"}), "etv");
  EXPECT_THAT(refused({"heldout/a.txt", "test/b.txt", "train/c.txt"}),
              HasSubstr("'heldout' may mean the validation or the test text"));
  EXPECT_EQ(split({"heldout/a.txt", "test/b.txt", "train/c.txt"}, {"", "heldout", ""}), "vet");
}

TEST(SplitNames, WhatIsAmbiguousIsRefusedWithAWayOut) {
  EXPECT_THAT(refused({"dev/a.txt", "train/b.txt", "valid/c.txt"}),
              AllOf(HasSubstr("several names may mean the validation text: dev, valid"),
                    HasSubstr("--valid-subdir"), HasSubstr("--ignore-names")));
  EXPECT_EQ(split({"dev/a.txt", "train/b.txt", "valid/c.txt"}, {"", "valid", ""}), "-tv");
  EXPECT_THAT(refused({"a.txt", "b.txt", "test.txt"}), HasSubstr("the name 'test' is customary"));
  EXPECT_THAT(refused({"notes.txt", "x.train.txt", "x.valid.txt"}),
              HasSubstr("1 files do not say to which split they belong, but others do: notes.txt"));
  EXPECT_THAT(refused({"more/a.txt", "train/b.txt"}), HasSubstr("more/a.txt"));
  EXPECT_EQ(split({"more/a.txt", "train/b.txt", "valid/c.txt"}), "-tv")
      << "files outside the folders are left out, as always";
}

TEST(SplitNames, FoldersCanBeNamed) {
  EXPECT_EQ(split({"big/a.txt", "small/b.txt"}, {"big", "small", ""}), "tv");
  EXPECT_EQ(split({"x/big/a.txt", "x/small/b.txt"}, {"x/big", "x/small", ""}), "tv");
  EXPECT_EQ(split({"big/a.txt", "val/b.txt"}, {"big", "", ""}), "tv");
  EXPECT_THAT(refused({"train/a.txt", "valid/b.txt"}, {"", "vaild", ""}),
              HasSubstr("no text is in a folder 'vaild', named as the validation text"));
}

}  // namespace
}  // namespace sinkmoe::data
