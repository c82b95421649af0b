// Held-out text that is also trained on is found, whatever its line ends, letters and neighbours.
#include "data/corpus/copies.h"

#include <gmock/gmock.h>

#include "data/text_fixture.h"

namespace sinkmoe::data {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class CopiesTest : public ScratchFolder {
 protected:
  // The copies of the file valid/v.txt in train/.
  Copies copies(const std::string& train, const std::string& valid) {
    put("train/a.txt", made_up_text(1, 2000));
    put("train/b.txt", train);
    put("valid/v.txt", valid);
    const Corpus corpus = find_corpus({.folder = folder_});
    return find_copies(corpus.train, corpus.valid);
  }
  static std::string with(std::string text, const std::string& from, const std::string& to) {
    for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
      text.replace(at, from.size(), to);
    return text;
  }
  const std::string text_ = made_up_text(2, 2000);
};

TEST_F(CopiesTest, OtherTextHasNone) { EXPECT_EQ(copies(text_, made_up_text(3, 2000)).share, 0); }

TEST_F(CopiesTest, OtherLineEndsBlanksAndLettersDoNotHideACopy) {
  EXPECT_EQ(copies(text_, with(text_, "\n", "\r\n")).share, 1);
  EXPECT_EQ(copies(text_, "\xEF\xBB\xBF" + with(text_, " ", "\t ")).share, 1);
  EXPECT_EQ(copies(text_, with(text_, "ka", "KA")).share, 1);
  const std::string composed = "\xC3\xA9", apart = "e\xCC\x81";  // é
  EXPECT_EQ(copies(with(text_, "e", composed), with(text_, "e", apart)).share, 1);
}

TEST_F(CopiesTest, APrefixIsACopyAndAThirdOfAFileCountsAsAThird) {
  EXPECT_EQ(copies(text_, text_.substr(0, text_.size() / 2)).share, 1);
  const Copies third =
      copies(text_, text_.substr(100, 3000) + made_up_text(4, 1500).substr(0, 6000));
  EXPECT_NEAR(third.share, 1.0 / 3, 0.03);
  EXPECT_EQ(third.files[0].source, "train/b.txt");
  EXPECT_THAT(copy_problems(third, "validation")[0].what,
              AllOf(HasSubstr("% of this validation text also stands in the training text"),
                    HasSubstr("'train/b.txt'")));
}

TEST_F(CopiesTest, AnEditedWordHidesThePiecesAroundIt) {
  std::string edited = text_;
  for (size_t at = 500; at < edited.size(); at += 640) edited[at] = '#';  // one of ten pieces
  EXPECT_NEAR(copies(text_, edited).share, 0.9, 0.02);
}

TEST_F(CopiesTest, LittleIsReportedAndNotRefused) {
  const Copies few = copies(text_, text_.substr(0, 600) + made_up_text(4, 3000));
  EXPECT_GT(few.share, 0.01);
  EXPECT_TRUE(copy_problems(few, "validation").empty());
  EXPECT_TRUE(copy_problems(copies(text_, "short"), "validation").empty());
}

TEST_F(CopiesTest, ManyFilesWithALittleMakeALot) {
  Copies copies{.files = {{"a", "t", 0.2, 100}, {"b", "t", 0.2, 100}}, .share = 0.2};
  EXPECT_THAT(copy_problems(copies, "test")[0].what, HasSubstr("20% of the test text"));
}

}  // namespace
}  // namespace sinkmoe::data
