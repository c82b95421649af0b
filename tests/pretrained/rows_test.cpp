// Rows from texts: what they hold, how many bytes their targets stand for, and tokenizers that do
// not fit the model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "config/problems.h"
#include "core/file.h"
#include "pretrained/rows/rows.h"
#include "pretrained/rows/tokenizer.h"
#include "support/source_dir.h"

namespace sinkmoe::pretrained {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Rows, CountTheBytesOfTheirTargets) {
  const data::EncodedText document{{5, 6, 7, 8, 9, 10}, {1, 2, 4, 8, 16, 32}};
  const TokenRows plain = cut_rows({document}, {.context = 2, .rows = 9});
  EXPECT_THAT(plain.rows, ElementsAre(ElementsAre(5, 6, 7), ElementsAre(8, 9, 10)));
  EXPECT_EQ(plain.target_bytes, 2 + 4 + 16 + 32);  // not the first token of a row
  const TokenRows led = cut_rows({document}, {.context = 2, .rows = 9, .bos = 0});
  EXPECT_THAT(led.rows,
              ElementsAre(ElementsAre(0, 5, 6), ElementsAre(0, 7, 8), ElementsAre(0, 9, 10)));
  EXPECT_EQ(led.target_bytes, 63);  // BOS stands for none
}

TEST(Rows, NeedATextThatIsLongEnough) {
  const auto refused = [](const data::EncodedText& document) {
    return complaint([&] { cut_rows({document}, {.context = 3}); });
  };
  EXPECT_THAT(refused({}), HasSubstr("the longest text has 0 tokens, a row needs 4"));
  EXPECT_THAT(refused({{1, 2, 3}, {1, 1, 1}}), HasSubstr("has 3 tokens, a row needs 4"));
  EXPECT_THAT(complaint([] { cut_rows({}, {}); }), HasSubstr("has 0 tokens"));
}

// A model of 64 ids, with the tokenizer.json that a test asks for.
class TokenizerOfAModel : public testing::Test {
 protected:
  void SetUp() override {
    fs::remove_all(folder);
    fs::copy(source / "tests/inference/checkpoints/llama2", folder);
  }
  void TearDown() override { fs::remove_all(folder); }
  std::string refused() const {
    return complaint([&] { open_tokenizer(open_model(folder)); });
  }
  const fs::path source = source_dir();
  const fs::path folder = fs::path(testing::TempDir()) / "sinkmoe_tokenizer_of_a_model";
};

TEST_F(TokenizerOfAModel, MayBeMissing) {
  EXPECT_THAT(refused(), HasSubstr("there is no tokenizer.json"));
  EXPECT_THAT(refused(), HasSubstr("--ids"));
}

TEST_F(TokenizerOfAModel, MayBeThatOfAnother) {
  fs::copy(source / "tests/data/hf_tokenizers/gpt2.json", folder / "tokenizer.json");
  EXPECT_THAT(refused(), HasSubstr("tokenizer.json: gives ids up to 339, the model has 64 ids"));
}

// Special tokens beyond the model's ids do no harm: no text holds them.
TEST_F(TokenizerOfAModel, MayHaveMoreSpecialTokens) {
  write_file_atomic(folder / "tokenizer.json",
                    R"({"pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false},
                        "added_tokens": [{"id": 99, "content": "<x>", "special": true}],
                        "model": {"vocab": {"a": 0, "b": 1, "ab": 63}, "merges": ["a b"]}})");
  EXPECT_EQ(refused(), "");
  EXPECT_THAT(open_tokenizer(open_model(folder))->encode("abb").ids, ElementsAre(63, 1));
}

}  // namespace
}  // namespace sinkmoe::pretrained
