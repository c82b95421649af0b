#include "data/hf_tokenizer/hf_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <regex.h>

#include <nlohmann/json.hpp>
#include <numeric>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/text/split_join.h"
#include "support/source_dir.h"
#include "text_fixture.h"

namespace sinkmoe::data {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

const std::string kFolder = source_dir() / "tests/data/hf_tokenizers/";

std::string content(const std::string& name) { return read_file(kFolder + name, 1 << 20); }

std::vector<int32_t> encoded(const HfTokenizer& tokenizer, const std::string& text) {
  return tokenizer.encode(text).ids;
}

std::string decoded(const HfTokenizer& tokenizer, const std::string& text) {
  return tokenizer.decode(encoded(tokenizer, text));
}

// The ids in cases.json come from the `tokenizers` library (make.py).
class HfTokenizerOfKind : public testing::TestWithParam<const char*> {};

TEST_P(HfTokenizerOfKind, GivesTheIdsOfTheTokenizersLibrary) {
  const auto tokenizer = open_hf_tokenizer(kFolder + GetParam() + ".json");
  const Json cases = Json::parse(content("cases.json"));
  ASSERT_GT(cases.size(), 15u);
  for (const Json& one : cases)
    EXPECT_EQ(encoded(*tokenizer, one["text"]), one[GetParam()].get<std::vector<int32_t>>())
        << one["text"];
}

TEST_P(HfTokenizerOfKind, CountsTheBytesOfTheTextForEachId) {
  const auto tokenizer = open_hf_tokenizer(kFolder + GetParam() + ".json");
  for (const Json& one : Json::parse(content("cases.json"))) {
    const EncodedText made = tokenizer->encode(one["text"].get<std::string>());
    ASSERT_EQ(made.ids.size(), made.bytes.size());
    EXPECT_EQ(std::accumulate(made.bytes.begin(), made.bytes.end(), size_t{0}),
              one["text"].get<std::string>().size())
        << one["text"];
  }
}

INSTANTIATE_TEST_SUITE_P(All, HfTokenizerOfKind,
                         testing::Values("behaviors", "gemma", "gpt2", "gpt_neox", "gpt_oss",
                                         "llama2", "llama3", "metaspace", "mistral", "phrases",
                                         "qwen2", "roberta", "smollm"));

TEST(HfTokenizer, DecodesToTheText) {
  for (const char* kind : {"gemma", "gpt2", "gpt_oss", "llama2", "llama3", "phrases", "smollm"}) {
    const auto tokenizer = open_hf_tokenizer(kFolder + kind + ".json");
    for (const Json& one : Json::parse(content("cases.json"))) {
      std::string text = one["text"];
      if (std::string(kind) != "gpt2")
        replace_all(text, "\xE2\x96\x81", " ");  // the mark of a space
      // In the style of LLaMA 2 a recognised token takes the space before it.
      if (text.find('\xE2') == std::string::npos && text.find("<table>") == std::string::npos) {
        EXPECT_EQ(decoded(*tokenizer, text), text) << kind;
      }
    }
  }
}

TEST(HfTokenizer, ComposesToNfcAndCountsTheBytesBeforeThat) {
  const auto tokenizer = open_hf_tokenizer(kFolder + "qwen2.json");
  EXPECT_EQ(decoded(*tokenizer, "e\xCC\x81"), "\xC3\xA9");
  // n and a tilde (1 + 2 bytes) become one character of 2 bytes, each an id of its own.
  const EncodedText made = tokenizer->encode("xn\xCC\x83z");
  EXPECT_EQ(tokenizer->decode(made.ids), "x\xC3\xB1z");
  EXPECT_THAT(made.bytes, testing::ElementsAre(1, 1, 2, 1));
}

TEST(HfTokenizer, CountsNoBytesForASpaceThatItAdds) {
  const auto tokenizer = open_hf_tokenizer(kFolder + "llama2.json");
  const EncodedText made = tokenizer->encode("q q");  // ▁q is no token of this file
  EXPECT_EQ(tokenizer->decode(made.ids), "q q");
  EXPECT_THAT(made.bytes, testing::ElementsAre(0, 1, 1, 1));
}

TEST(HfTokenizer, SpellsCharactersOutsideTheVocabularyInBytes) {
  const auto tokenizer = open_hf_tokenizer(kFolder + "llama2.json");
  const EncodedText made = tokenizer->encode("\xE2\x98\x83");
  ASSERT_EQ(made.ids.size(), 4u);  // the space, and a token for each byte
  EXPECT_THAT(made.bytes, testing::ElementsAre(0, 1, 1, 1));
  EXPECT_EQ(tokenizer->pieces()[static_cast<size_t>(made.ids[1])], "\xE2");
}

TEST(HfTokenizer, FindsTheLongestAddedTokenThatIsNotSpecial) {
  const auto tokenizer = open_hf_tokenizer(kFolder + "gemma.json");
  const EncodedText made = tokenizer->encode("\n\n\n\n\n<table>");
  ASSERT_EQ(made.ids.size(), 3u);
  EXPECT_THAT(made.bytes, testing::ElementsAre(3, 2, 7));
  EXPECT_EQ(tokenizer->pieces()[static_cast<size_t>(made.ids[2])], "<table>");
}

TEST(HfTokenizer, KnowsAddedTokensButFindsNoneInText) {
  const std::string json = content("gpt2.json");
  const HfTokenizer tokenizer(
      json, R"({"bos_token": {"content": "<|end|>"}, "eos_token": "<|end|>"})", "t");
  EXPECT_EQ(tokenizer.bos(), tokenizer.vocabulary() - 1);
  EXPECT_EQ(tokenizer.eos(), tokenizer.bos());
  EXPECT_EQ(tokenizer.hash(), sha256_hex(json));
  EXPECT_EQ(tokenizer.pieces().back(), "");
  EXPECT_THAT(encoded(tokenizer, "<|end|>"), testing::Not(testing::Contains(*tokenizer.bos())));
  EXPECT_FALSE(HfTokenizer(json, R"({"bos_token": null})", "t").bos().has_value());
}

TEST(HfTokenizer, RefusesMalformedFilesAndTexts) {
  auto says = [](const std::string& text) {
    return refusal_of([&] { HfTokenizer(text, "", "t.json"); });
  };
  EXPECT_THAT(says(""), HasSubstr("t.json: not well-formed JSON"));
  EXPECT_THAT(says("[]"), HasSubstr("not a JSON object"));
  EXPECT_THAT(says(std::string(100000, '[')), HasSubstr("nested"));
  const auto tokenizer = open_hf_tokenizer(kFolder + "gpt2.json");
  EXPECT_THAT(refusal_of([&] { encoded(*tokenizer, "ab\xFF"); }), HasSubstr("byte 2"));
  EXPECT_THAT(refusal_of([&] { tokenizer->decode(std::vector<int32_t>{-1}); }),
              HasSubstr("token 0"));
}

// The regular-expression library of the tokenizer has functions of the same names, for which this
// pattern is invalid.
TEST(HfTokenizer, LeavesTheRegularExpressionsOfTheCLibraryInPlace) {
  regex_t expression;
  ASSERT_EQ(regcomp(&expression, "Rules?( \\(|: )|without a rule", REG_EXTENDED), 0);
  EXPECT_EQ(regexec(&expression, "Rule (C5): more", 0, nullptr, 0), 0);
  EXPECT_NE(regexec(&expression, "no such word", 0, nullptr, 0), 0);
  regfree(&expression);
}

}  // namespace
}  // namespace sinkmoe::data
