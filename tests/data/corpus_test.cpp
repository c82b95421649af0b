#include "data/corpus/corpus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>

#include "core/hash.h"
#include "data/tokens/bpe_sample.h"
#include "text_fixture.h"

namespace sinkmoe::data {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;

class CorpusTest : public ScratchFolder {
 protected:
  Corpus find(double valid_fraction = 0.05) {
    return find_corpus({.folder = folder_, .valid_fraction = valid_fraction});
  }
  std::string refusal() {
    return refusal_of([&] { find(); });
  }
};

std::set<std::string> names(const std::vector<CorpusFile>& files) {
  std::set<std::string> all;
  for (const CorpusFile& file : files) all.insert(file.name);
  return all;
}

TEST_F(CorpusTest, SubFoldersAreTheSplit) {
  put("train/b.txt", "b");
  put("train/deep/a.txt", "a");
  put("valid/c.txt", "c");
  put("test/d.txt", "d");
  put("train/notes.md", "not text");
  const Corpus corpus = find();
  EXPECT_EQ(names(corpus.train), (std::set<std::string>{"train/b.txt", "train/deep/a.txt"}));
  EXPECT_EQ(names(corpus.valid), std::set<std::string>{"valid/c.txt"});
  EXPECT_EQ(names(corpus.test), std::set<std::string>{"test/d.txt"});
  EXPECT_EQ(corpus.train[0].sha256, sha256_hex("b"));
  EXPECT_EQ(text_of_file(corpus.train[0]), "b");
}

TEST_F(CorpusTest, WholeFilesAreSplitByTheHashOfTheirText) {
  for (int i = 0; i < 40; ++i)
    put(std::to_string(i) + ".txt", made_up_text(static_cast<uint64_t>(i), 50));
  const Corpus corpus = find(0.25);
  EXPECT_EQ(corpus.train.size() + corpus.valid.size(), 40u);
  EXPECT_NEAR(static_cast<double>(corpus.valid.size()), 10, 2);
  std::string largest_valid, smallest_train(64, 'z');
  for (const CorpusFile& f : corpus.valid) largest_valid = std::max(largest_valid, f.sha256);
  for (const CorpusFile& f : corpus.train) smallest_train = std::min(smallest_train, f.sha256);
  EXPECT_LT(largest_valid, smallest_train) << "names and order play no part";
}

TEST_F(CorpusTest, ASplitHasTextOnEachSideWhateverTheFraction) {
  put("a.txt", "aaaa");
  put("b.txt", "bbbb");
  for (double fraction : {0.0001, 0.5, 0.9999}) {
    EXPECT_GE(bytes_of(find(fraction).train), 1u);
    EXPECT_GE(bytes_of(find(fraction).valid), 1u);
  }
}

TEST_F(CorpusTest, ASingleFileGivesItsTailFromTheStartOfALine) {
  put("play.txt", "0123456789\n0123456789\n0123456789\nlast line\n");
  const Corpus corpus = find(0.3);
  EXPECT_EQ(text_of_file(corpus.train[0]) + text_of_file(corpus.valid[0]),
            "0123456789\n0123456789\n0123456789\nlast line\n");
  EXPECT_EQ(text_of_file(corpus.valid[0]), "last line\n");
  EXPECT_EQ(corpus.rule,
            "by the fraction: 'play.txt' is cut at byte 33, its end is validation text");
  EXPECT_TRUE(corpus.earlier_train.empty()) << "earlier versions cut there too";
}

TEST_F(CorpusTest, ASingleLineIsCutBetweenCharacters) {
  put("line.txt",
      "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9");
  const Corpus corpus = find(0.25);  // byte 15 is inside a character
  EXPECT_EQ(corpus.valid[0].bytes, 4u);
}

TEST_F(CorpusTest, RefusesAFolderWithoutText) {
  EXPECT_THAT(refusal(), HasSubstr("no text in the folder"));
  put("notes.md", "x");
  EXPECT_THAT(refusal(), HasSubstr("no text in the folder, but 1 file with other endings, such as "
                                   "'notes.md'; name the files of text *.txt"));
  put("empty.txt", "");
  EXPECT_THAT(refusal(), HasSubstr("the files are empty"));
  put("train/a.txt", "a");
  fs::create_directories(folder_ / "valid");
  fs::rename(folder_ / "empty.txt", folder_ / "valid" / "empty.txt");
  EXPECT_THAT(refusal(), HasSubstr("no validation text"));
  EXPECT_THAT(refusal_of([&] { find_corpus({.folder = folder_ / "absent"}); }),
              HasSubstr("no such folder or file"));
}

TEST_F(CorpusTest, NamesEveryBadFileAndByte) {
  put("good.txt", "text");
  put("latin.txt", "caf\xE9 au lait");
  put("cut.txt", "ab\xC3");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("latin.txt: byte 3: not UTF-8"),
                               HasSubstr("cut.txt: byte 2: not UTF-8")));
}

TEST_F(CorpusTest, RefusesGitLfsPointers) {
  put("a.txt", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 5\n");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("a.txt"), HasSubstr("Git-LFS pointer")));
}

TEST_F(CorpusTest, RefusesAnUnbrokenRunButNotALongLine) {
  put("run.txt", "x " + std::string((1 << 20) + 1, 'a'));
  EXPECT_THAT(refusal(), HasSubstr("run.txt: byte 2: a run of more than 1048576 bytes"));
  std::string line;
  while (line.size() < (3 << 20)) line += "word ";
  put("run.txt", line);
  EXPECT_EQ(refusal(), "(accepted)");
}

TEST_F(CorpusTest, RefusesLinksThatLeaveTheFolder) {
  const fs::path outside = folder_.string() + "_outside";
  fs::create_directories(outside);
  std::ofstream(outside / "secret.txt") << "secret";
  put("a.txt", "a");
  fs::create_symlink(outside / "secret.txt", folder_ / "link.txt");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("link.txt"), HasSubstr("leaves the folder")));
  fs::remove(folder_ / "link.txt");
  fs::create_directory_symlink(outside, folder_ / "link");
  EXPECT_THAT(refusal(), HasSubstr("leaves the folder"));
  fs::remove(folder_ / "link");
  fs::create_symlink(folder_ / "nowhere.txt", folder_ / "dangling.txt");
  EXPECT_THAT(refusal(), HasSubstr("dangling.txt"));
  fs::remove_all(outside);
}

TEST_F(CorpusTest, HiddenFilesAreLeftOutAndListed) {
  put("a.txt", made_up_text(1, 100));
  put("b.txt", made_up_text(2, 100));
  put(".ipynb_checkpoints/a.txt", made_up_text(1, 100));
  put(".Trash-0/files/old.txt", "old");
  put("__MACOSX/._a.txt", "\xFF\xFE");
  put("empty.txt", "");
  put("table.csv", "1,2");
  const Corpus corpus = find(0.5);
  EXPECT_EQ(corpus.train.size() + corpus.valid.size(), 2u);
  EXPECT_THAT(corpus.left_out.hidden,
              testing::ElementsAre(".Trash-0", ".ipynb_checkpoints", "__MACOSX"));
  EXPECT_THAT(corpus.left_out.endings, testing::ElementsAre("table.csv"));
  EXPECT_THAT(corpus.left_out.empty, testing::ElementsAre("empty.txt"));
}

TEST_F(CorpusTest, TheEndingMayHaveCapitals) {
  put("A.TXT", "aaaa\n");
  put("b.Txt", "bbbb\n");
  EXPECT_EQ(bytes_of(find(0.5).train) + bytes_of(find(0.5).valid), 10u);
}

TEST_F(CorpusTest, RefusesANameThatIsNotUtf8BeforeItReadsAnything) {
  put("latin\xE9.txt", "text");
  put("bad.txt", "\xFF");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("latin?.txt: a file name that is not UTF-8 at byte 5"),
                               testing::Not(HasSubstr("bad.txt"))));
}

TEST_F(CorpusTest, TakesOneFileWhateverItsEnding) {
  put("story.md", "0123456789\nabcdefghij\n");
  put("other.txt", "not read");
  const Corpus corpus = find_corpus({.folder = folder_ / "story.md", .valid_fraction = 0.5});
  EXPECT_EQ(text_of_file(corpus.valid[0]), "abcdefghij\n");
  EXPECT_EQ(corpus.train[0].name, "story.md");
}

TEST_F(CorpusTest, FoldersWithOtherCustomaryNamesAreTheSplit) {
  put("train/a.txt", "a");
  put("val/b.txt", "b");
  put("test/c.txt", "c");
  put("README.txt", "about these texts");
  const Corpus corpus = find();
  EXPECT_EQ(names(corpus.train), std::set<std::string>{"train/a.txt"});
  EXPECT_EQ(names(corpus.valid), std::set<std::string>{"val/b.txt"});
  EXPECT_EQ(names(corpus.test), std::set<std::string>{"test/c.txt"});
  EXPECT_THAT(corpus.left_out.outside, testing::ElementsAre("README.txt"));
}

TEST_F(CorpusTest, WithoutValidationTextItIsTakenFromTheTrainingTextOnly) {
  put("train/a.txt", made_up_text(1, 1000));
  put("test/b.txt", made_up_text(2, 1000));
  const Corpus corpus = find(0.1);
  EXPECT_EQ(names(corpus.valid), std::set<std::string>{"train/a.txt"});
  EXPECT_EQ(names(corpus.test), std::set<std::string>{"test/b.txt"});
  EXPECT_NEAR(static_cast<double>(bytes_of(corpus.valid)),
              0.1 * static_cast<double>(made_up_text(1, 1000).size()), 160);
  EXPECT_THAT(corpus.rule,
              AllOf(HasSubstr("'test' is the test text"), HasSubstr("'train/a.txt' is cut")));
}

TEST_F(CorpusTest, NamesCanBeIgnored) {
  put("train/a.txt", made_up_text(1, 1000));
  put("valid/b.txt", made_up_text(2, 1000));
  const Corpus corpus =
      find_corpus({.folder = folder_, .valid_fraction = 0.5, .ignore_names = true});
  EXPECT_EQ(bytes_of(corpus.train) + bytes_of(corpus.valid),
            made_up_text(1, 1000).size() + made_up_text(2, 1000).size());
  EXPECT_TRUE(corpus.test.empty());
}

TEST_F(CorpusTest, TakesLinksWithinTheFolder) {
  put("train/a.txt", "a");
  put("b.real", "b");  // its own ending hides it
  fs::create_directories(folder_ / "valid");
  fs::create_symlink(folder_ / "b.real", folder_ / "valid" / "b.txt");
  EXPECT_EQ(names(find().valid), std::set<std::string>{"valid/b.txt"});
}

TEST_F(CorpusTest, IgnoresWhatIsNoRegularFile) {
  put("a.txt", "a");
  put("b.txt", "b");
  ASSERT_EQ(::mkfifo((folder_ / "pipe.txt").c_str(), 0600), 0);
  fs::create_directories(folder_ / "folder.txt");
  EXPECT_EQ(refusal(), "(accepted)");
}

TEST_F(CorpusTest, RefusesTheSameTextInTwoSplits) {
  put("train/a.txt", "same");
  put("valid/b.txt", "same");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("b.txt"), HasSubstr("train/a.txt")));
}

TEST_F(CorpusTest, SeesAFileThatChangesMeanwhile) {
  put("a.txt", "before");
  put("b.txt", "b");
  const Corpus corpus = find();
  put("a.txt", "after!");
  put("b.txt", "after!");
  EXPECT_THAT(refusal_of([&] { text_of_file(corpus.train[0]); }), HasSubstr("changed"));
}

TEST_F(CorpusTest, TheSampleIsAllOfASmallTextAndAnEvenPartOfALargeOne) {
  put("a.txt", made_up_text(1, 40000));
  put("b.txt", made_up_text(2, 40000));
  Corpus corpus = find(0.5);
  corpus.train.push_back(corpus.valid[0]);
  std::string joined;
  for (const std::string& s : sample_sentences(corpus.train)) joined += s;
  EXPECT_EQ(joined, text_of_file(corpus.train[0]) + text_of_file(corpus.train[1]));
  size_t bytes = 0;
  for (const std::string& s : sample_sentences(corpus.train, 100000)) {
    bytes += s.size();
    EXPECT_NE(joined.find(s), std::string::npos);
  }
  EXPECT_NEAR(static_cast<double>(bytes), 98304, 5000);
}

TEST(Sentences, EndAfterRunsOfNewlinesAndAreNeverHuge) {
  std::vector<std::string> sentences;
  append_sentences("a b\n\n\nc\nd", sentences);
  EXPECT_EQ(sentences, (std::vector<std::string>{"a b\n\n\n", "c\n", "d"}));
  sentences.clear();
  append_sentences(std::string(200000, 'x') + "\xC3\xA9", sentences);
  for (const std::string& s : sentences) EXPECT_LE(s.size(), 65536u);
}

}  // namespace
}  // namespace sinkmoe::data
