// The share of the text that is taken for validation, by hand-made texts.
#include "data/corpus/share_out.h"

#include <gmock/gmock.h>

#include "data/text_fixture.h"

namespace sinkmoe::data {
namespace {

class ShareTest : public ScratchFolder {
 protected:
  // The text of `parts` files of `words` words, joined by name.
  std::string put_files(int parts, int words) {
    std::string all;
    for (int i = 0; i < parts; ++i) {
      const std::string text = made_up_text(static_cast<uint64_t>(i), words);
      put("part" + std::to_string(i) + ".txt", text);
      all += text;
    }
    return all;
  }
  Corpus find(double fraction) {
    return find_corpus({.folder = folder_, .valid_fraction = fraction});
  }
  double share(const Corpus& corpus) {
    const auto valid = static_cast<double>(bytes_of(corpus.valid));
    return valid / (valid + static_cast<double>(bytes_of(corpus.train)));
  }
};

TEST_F(ShareTest, FewFilesReachTheShareToo) {
  const std::string all = put_files(6, 3000);
  for (const double fraction : {0.02, 0.05, 0.2, 0.5, 0.9}) {
    const Corpus corpus = find(fraction);
    EXPECT_NEAR(share(corpus), fraction, 0.25 * std::min(fraction, 1 - fraction)) << fraction;
    EXPECT_EQ(bytes_of(corpus.train) + bytes_of(corpus.valid), all.size());
  }
}

TEST_F(ShareTest, OneLargeFileAmongSmallOnesDoesNotBecomeTheValidationText) {
  put("large.txt", made_up_text(1, 20000));
  for (int i = 0; i < 5; ++i)
    put("small" + std::to_string(i) + ".txt", made_up_text(static_cast<uint64_t>(i + 2), 100));
  EXPECT_NEAR(share(find(0.05)), 0.05, 0.0125);
}

TEST_F(ShareTest, ManyFilesStayWhole) {
  put_files(60, 200);
  const Corpus corpus = find(0.1);
  EXPECT_NEAR(share(corpus), 0.1, 0.025);
  for (const auto* split : {&corpus.train, &corpus.valid})
    for (const CorpusFile& file : *split) EXPECT_EQ(file.end, UINT64_MAX) << file.name;
  EXPECT_TRUE(corpus.earlier_train.empty()) << "the split of earlier versions was fine";
}

TEST_F(ShareTest, TheSplitOfEarlierVersionsIsKeptBesideABetterOne) {
  put_files(2, 1000);  // one file of two was validation text
  const Corpus corpus = find(0.05);
  EXPECT_EQ(corpus.earlier_train.size(), 1u);
  EXPECT_EQ(corpus.earlier_valid.size(), 1u);
  EXPECT_NEAR(share(corpus), 0.05, 0.0125);
}

TEST_F(ShareTest, ASingleFileWithOneLateLineEndReachesTheShare) {
  std::string line;
  while (line.size() < 10000) line += "word ";
  put("line.txt", line + "\nend");
  EXPECT_NEAR(share(find(0.2)), 0.2, 0.05);
}

size_t place_in(const std::string& text, size_t near) {
  return cut_place(text.size(), near,
                   [&](uint64_t from, uint64_t to) { return text.substr(from, to - from); });
}

TEST(CutPlace, PrefersTheEndOfADocumentThenAParagraphThenALineThenAWord) {
  const std::string words = "aaaa bbbb cccc dddd eeee ffff ";  // 30 bytes
  EXPECT_EQ(place_in(words + words, 31), 30u);
  EXPECT_EQ(place_in(words + "xx\n" + words, 30), 33u);
  EXPECT_EQ(place_in(words + "a\nb\n\ncc" + words, 31), 35u);
  EXPECT_EQ(place_in(words + "a\r\nb\r\n\r\ncc" + words, 31), 38u);
  const std::string many = words + words + words + words;  // 120 bytes
  EXPECT_EQ(place_in(many + "a\n\n<|endoftext|>b" + many, 124), 136u);
  EXPECT_EQ(place_in(words + "\n\f" + words, 20), 20u) << "too far away";
}

TEST(CutPlace, NeverCutsACharacter) {
  std::string text;
  for (int i = 0; i < 10; ++i) text += "\xE6\xB5\xB7";  // 海
  EXPECT_EQ(place_in(text, 13), 15u);
  EXPECT_EQ(place_in(text, 29), 27u);
  EXPECT_EQ(place_in("\xE6\xB5\xB7\xE6\xB5\xB7", 5), 3u);
}

}  // namespace
}  // namespace sinkmoe::data
