#include "data/hf_tokenizer/hf_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <regex.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "text_fixture.h"

namespace sinkmoe::data {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

const std::string kFolder = SINKMOE_SOURCE_DIR "/tests/data/hf_tokenizers/";

std::string content(const std::string& name) { return read_file(kFolder + name, 1 << 20); }

std::vector<int32_t> encoded(const HfTokenizer& tokenizer, const std::string& text) {
  std::vector<int32_t> ids;
  tokenizer.encode(text, ids);
  return ids;
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

TEST_P(HfTokenizerOfKind, DecodesToTheTextUnlessItNormalizes) {
  const auto tokenizer = open_hf_tokenizer(kFolder + GetParam() + ".json");
  EXPECT_EQ(tokenizer->normalizes(), std::string(GetParam()) == "qwen2");
  if (tokenizer->normalizes()) return;
  for (const Json& one : Json::parse(content("cases.json")))
    EXPECT_EQ(tokenizer->decode(encoded(*tokenizer, one["text"])), one["text"]);
}

INSTANTIATE_TEST_SUITE_P(All, HfTokenizerOfKind,
                         testing::Values("gpt2", "llama3", "qwen2", "smollm"));

TEST(HfTokenizer, ComposesToNfc) {
  const auto tokenizer = open_hf_tokenizer(kFolder + "qwen2.json");
  EXPECT_EQ(tokenizer->decode(encoded(*tokenizer, "e\xCC\x81")), "\xC3\xA9");
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

std::string refusal_with(const std::function<void(Json&)>& change) {
  Json json = Json::parse(content("gpt2.json"));
  change(json);
  return refusal_of([&] { HfTokenizer(json.dump(), "", "t.json"); });
}

TEST(HfTokenizer, RefusesByNameWhatItDoesNotSupport) {
  EXPECT_THAT(refusal_with([](Json& j) { j["model"]["type"] = "Unigram"; }),
              HasSubstr("t.json: the model 'Unigram' is not supported"));
  EXPECT_THAT(refusal_with([](Json& j) { j["model"]["byte_fallback"] = true; }),
              HasSubstr("byte_fallback"));
  EXPECT_THAT(refusal_with([](Json& j) { j["normalizer"] = {{"type", "Lowercase"}}; }),
              HasSubstr("'Lowercase'"));
  EXPECT_THAT(refusal_with([](Json& j) { j["pre_tokenizer"]["type"] = "Metaspace"; }),
              HasSubstr("'Metaspace'"));
  EXPECT_THAT(refusal_with([](Json& j) { j["pre_tokenizer"]["add_prefix_space"] = true; }),
              HasSubstr("add_prefix_space"));
  EXPECT_THAT(refusal_with([](Json& j) { j["model"]["merges"] = {"q zz"}; }), HasSubstr("merge 0"));
  EXPECT_THAT(refusal_with([](Json& j) { j.erase("model"); }), HasSubstr("not a tokenizer.json"));
}

TEST(HfTokenizer, RefusesMalformedFilesAndTexts) {
  auto says = [](const std::string& text) {
    return refusal_of([&] { HfTokenizer(text, "", "t.json"); });
  };
  EXPECT_THAT(says(""), HasSubstr("t.json: not JSON"));
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
