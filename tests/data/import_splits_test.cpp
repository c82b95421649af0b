// Imports keep the identities that earlier versions gave, say how the text was split, and refuse
// copies.
#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "data/import/import.h"
#include "data/text_fixture.h"
#include "data/text_set.h"

namespace sinkmoe::data {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class ImportSplits : public ScratchFolder {
 protected:
  ImportRequest request(const std::string& text = "text") const {
    return {.corpus = {.folder = folder_ / text},
            .out = folder_ / "data" / "set",
            .tokenizer = "bytes"};
  }
  fs::path set() const { return folder_ / "data" / "set"; }
  nlohmann::json manifest() const {
    return nlohmann::json::parse(read_file(set() / kManifestName, 1 << 20));
  }
};

std::string numbered(const std::string& start, int lines) {
  std::string text;
  for (int i = 0; i < lines; ++i) text += start + std::to_string(i) + "\n";
  return text;
}

// The hashes come from a program of a few lines that follows docs/data.md and token_file.h: SHA-256
// of the token files, by the splits that the first version made.
TEST_F(ImportSplits, SetsOfEarlierVersionsKeepTheirIdentity) {
  put("play/input.txt", numbered("line ", 1000));
  import_text(request("play"));
  EXPECT_EQ(read_text_set(set()).hash,
            "d9c203bd5b479fa55eb155788d4d7bbf1ee8592fd0acb03b999c29f6b614e884");
  for (int i = 0; i < 40; ++i)
    put("many/" + std::to_string(i) + ".txt",
        numbered("file " + std::to_string(i) + " line ", 20 + i));
  ImportRequest many = request("many");
  many.corpus.valid_fraction = 0.1;
  many.force = true;
  import_text(many);
  EXPECT_EQ(read_text_set(set()).hash,
            "1d05fd1bdebcaf7ef41bde082b3b9f5e2b16ac468e30b56076b3ee88d3217072");
  for (const char* name : {"train/0.txt", "train/1.txt", "valid/2.txt"})
    put(std::string("novels/") + name,
        read_file(folder_ / "many" / fs::path(name).filename(), 1 << 20));
  ImportRequest novels = request("novels");
  novels.force = true;
  import_text(novels);
  EXPECT_EQ(read_text_set(set()).hash,
            "9460a10f9a69cd3689506e2820b7474ca338088b14de5539f74e834666d6df54");
}

// Of two equal files, the first version gave one to validation: half of the text instead of 5%.
TEST_F(ImportSplits, ASetThatAnEarlierVersionSplitOtherwiseStaysAsItIs) {
  put("text/a.txt", numbered("a ", 500));
  put("text/b.txt", numbered("b ", 500));
  const Corpus corpus = find_corpus(request().corpus);
  put("before/train/x.txt", text_of_file(corpus.earlier_train.at(0)));
  put("before/valid/y.txt", text_of_file(corpus.earlier_valid.at(0)));
  import_text(request("before"));
  const std::string before = read_text_set(set()).hash;
  EXPECT_EQ(before, "ca86eade185fc16ea8f192b10f86493eb28835953281532b60a34d79def7505c");
  const ImportResult again = import_text(request());
  EXPECT_FALSE(again.made);
  EXPECT_TRUE(again.earlier);
  EXPECT_EQ(read_text_set(set()).hash, before);
  ImportRequest forced = request();
  forced.force = true;
  EXPECT_NEAR(import_text(forced).splits.at(1).share, 0.05, 0.0125);
  EXPECT_FALSE(import_text(request()).earlier);
}

TEST_F(ImportSplits, TheManifestSaysHowTheTextWasSplit) {
  put("text/train/a.txt", numbered("a ", 300));
  put("text/val/b.txt", numbered("b ", 100));
  put("text/.cache/c.txt", "hidden");
  put("text/notes.md", "x");
  put("text/README.txt", "about");
  const ImportResult result = import_text(request());
  EXPECT_THAT(result.splits[0].files, ElementsAre("train/a.txt"));
  EXPECT_THAT(result.splits[1].files, ElementsAre("val/b.txt"));
  const nlohmann::json made = manifest();
  EXPECT_EQ(made["split"],
            "by the names of folders: 'train' is the training text, 'val' is the validation text");
  const double a = static_cast<double>(numbered("a ", 300).size()),
               b = static_cast<double>(numbered("b ", 100).size());
  EXPECT_NEAR(made["splits"]["valid"]["share"], b / (a + b), 1e-12);
  EXPECT_EQ(made["splits"]["valid"]["copied"], 0);
  EXPECT_EQ(made["left_out"]["hidden"], nlohmann::json::array({".cache"}));
  EXPECT_EQ(made["left_out"]["not_txt"], nlohmann::json::array({"notes.md"}));
  EXPECT_EQ(made["left_out"]["outside_of_splits"], nlohmann::json::array({"README.txt"}));
}

TEST_F(ImportSplits, TheManifestHasThePlaceOfACut) {
  put("text/a.txt", numbered("a ", 1000));
  import_text(request());
  const nlohmann::json files = manifest()["files"];
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0]["from_byte"], 0);
  EXPECT_EQ(files[1]["from_byte"], files[0]["bytes"]);
}

TEST_F(ImportSplits, CopiesAreRefusedUnlessTheyAreAllowed) {
  put("text/train/a.txt", numbered("line ", 900));
  put("text/valid/b.txt", numbered("line ", 300));
  put("text/test/c.txt", numbered("other ", 300));
  ImportRequest r = request();
  EXPECT_THAT(refusal_of([&] { import_text(r); }),
              AllOf(HasSubstr("valid/b.txt: 100% of this validation text also stands in the "
                              "training text, most of it in 'train/a.txt'"),
                    HasSubstr("--allow-copies")));
  EXPECT_FALSE(fs::exists(set()));
  r.allow_copies = true;
  EXPECT_EQ(import_text(r).splits.at(1).copied, 1);
  EXPECT_EQ(manifest()["splits"]["test"]["copied"], 0);
}

TEST_F(ImportSplits, AVocabularyThatDoesNotFitTheTextIsExplained) {
  put("text/a.txt", made_up_text(1, 500));
  ImportRequest r = request();
  r.tokenizer = "bpe";
  r.vocabulary = 5000;
  EXPECT_THAT(refusal_of([&] { import_text(r); }),
              AllOf(HasSubstr("--vocab: this text is too small for a vocabulary of 5000: it gives "
                              "at most "),
                    HasSubstr("or --tokenizer bytes")));
  std::string text;  // 500 Chinese characters, one of them a line
  for (int i = 0; i < 500; ++i)
    text += std::string("\xE4") + static_cast<char>(0xB8 + i / 64) +
            static_cast<char>(0x80 + i % 64) + "\n";
  put("text/a.txt", text);
  r.vocabulary = 400;
  EXPECT_THAT(refusal_of([&] { import_text(r); }),
              HasSubstr("the different characters of this text alone need a vocabulary of "));
}

// Chinese is written without spaces, so that the tokenizer has none.
TEST_F(ImportSplits, TextWithoutSpacesIsImportedExactly) {
  std::string text;
  for (int i = 0; i < 4000; ++i)
    text += std::string("\xE4") + static_cast<char>(0xB8 + i * i % 7 / 2) +
            static_cast<char>(0x80 + i * 13 % 60) + (i % 40 == 39 ? "\n" : "");
  put("text/a.txt", text);
  ImportRequest r = request();
  r.tokenizer = "bpe";
  r.vocabulary = 700;
  r.allow_copies = true;  // the text repeats itself
  import_text(r);
  const auto tokenizer = open_tokenizer(set());
  std::string decoded;
  for (const char* split : {"train.tokens", "valid.tokens"}) {
    const TokenFile file(set() / split);
    std::vector<int32_t> ids(file.size());
    file.copy(0, ids);
    decoded += tokenizer->decode(ids);
  }
  EXPECT_EQ(decoded, text);
  const std::string spaces = " \xE4\xB8\x80  \xE4\xB8\x81 a\n";
  EXPECT_EQ(tokenizer->decode(tokenizer->encode(spaces)), spaces);
}

TEST_F(ImportSplits, OneFileNamesTheSet) {
  put("story.txt", numbered("a ", 1000));
  ImportRequest r = request("story.txt");
  r.out.clear();
  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  const ImportResult result = import_text(r);
  fs::current_path(before);
  EXPECT_EQ(result.out, fs::path("data/story"));
  EXPECT_TRUE(fs::exists(folder_ / "data" / "story" / "train.tokens"));
}

}  // namespace
}  // namespace sinkmoe::data
