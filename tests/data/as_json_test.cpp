// tokenizer.json of imported texts: our reader of such files, which is tested against the library
// `tokenizers`, gives the ids of the tokenizer itself.
#include "data/tokens/as_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "data/hf_tokenizer/hf_tokenizer.h"
#include "data/text_set.h"
#include "data/tokens/bpe_sample.h"
#include "data/tokens/tokenizer.h"
#include "text_fixture.h"

namespace sinkmoe::data {
namespace {

using testing::HasSubstr;

std::string trained(const std::string& text, int64_t vocabulary) {
  std::vector<std::string> sentences;
  append_sentences(text, sentences);
  return train_bpe(sentences, vocabulary);
}

// Long runs of few characters have many ways to be merged.
std::string runs_of_characters(int count) {
  Draw draw(1, "runs");
  std::string text;
  for (int i = 0; i < count; ++i) text.append(1 + draw.below(9), "ab -\n="[draw.below(6)]);
  return text;
}

HfTokenizer read(const std::string& json) { return {json, "", "made"}; }

void expect_same_ids(const Tokenizer& tokenizer, const HfTokenizer& made, const std::string& text) {
  EXPECT_EQ(made.encode(text).ids, tokenizer.encode(text)) << text.substr(0, 200);
}

TEST(AsJson, ABpeKeepsItsIds) {
  const std::string training[] = {made_up_text(1, 20000), runs_of_characters(4000),
                                  made_up_text(2, 2000) + runs_of_characters(4000) + "é日本語 😀"};
  for (const std::string& text : training) {
    const std::string model = trained(text, 420);
    const auto tokenizer = sentencepiece_tokenizer(model, "m");
    const HfTokenizer made = read(sentencepiece_json(model, "m"));
    EXPECT_EQ(made.vocabulary(), tokenizer->vocabulary());
    EXPECT_TRUE(made.adds_bos());
    expect_same_ids(*tokenizer, made, text);
    expect_same_ids(*tokenizer, made, made_up_text(9, 3000) + runs_of_characters(500));
    for (const std::string corner :
         {"", " ", "  a  b ", "\n\n x\n", "<s></s><unk><0x0A>", "\xEF\xBB\xBFtext", "\t\r\n",
          "e\xCC\x81 \xC3\xA9 \xEF\xAC\x81", "日本 語😀😀", "aaaaaaaaaaaaaaaaa", "ab ab  ab   ab"})
      expect_same_ids(*tokenizer, made, corner);
    const std::string null("a\0b", 3);
    expect_same_ids(*tokenizer, made, null);
    EXPECT_EQ(made.decode(tokenizer->encode("  ka lo\n é")), "  ka lo\n é");
  }
}

TEST(AsJson, AnyTextOfAFewCharactersHasTheSameIds) {
  const std::string model = trained(runs_of_characters(4000) + made_up_text(3, 4000), 400);
  const auto tokenizer = sentencepiece_tokenizer(model, "m");
  const HfTokenizer made = read(sentencepiece_json(model, "m"));
  EXPECT_TRUE(rc::check([&] {
    const auto characters = *rc::gen::container<std::string>(
        rc::gen::element('a', 'b', ' ', '-', '=', '\n', 'k', 'l', 'o', 'c'));
    RC_ASSERT(made.encode(characters).ids == tokenizer->encode(characters));
  }));
}

TEST(AsJson, BytesKeepTheirIds) {
  const HfTokenizer made = read(bytes_json());
  EXPECT_EQ(made.vocabulary(), 257);
  EXPECT_TRUE(made.adds_bos());
  for (const std::string text : {"A\n\xC3\xA9", "\x01 \x7f\xC2\xAD\xC2\xA0", "日本 <s> 😀"})
    expect_same_ids(*byte_tokenizer(), made, text);
}

TEST(AsJson, WhatItCannotSayIsRefused) {
  EXPECT_THAT(refusal_of([] { sentencepiece_json("not a model", "f.model"); }),
              HasSubstr("f.model: not a sentencepiece model"));
  EXPECT_THAT(
      refusal_of([] { sentencepiece_json(trained(std::string(3000, 'a'), 262), "f.model"); }),
      HasSubstr("no piece for a space"));
}

}  // namespace
}  // namespace sinkmoe::data
