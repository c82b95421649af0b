// Every part of a tokenizer.json that is not supported or damaged is refused by name, with its
// place.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "data/hf_tokenizer/hf_tokenizer.h"
#include "support/source_dir.h"
#include "text_fixture.h"

namespace sinkmoe::data {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

const std::string kFolder = source_dir() / "tests/data/hf_tokenizers/";

Json good(const std::string& kind) {
  return Json::parse(read_file(kFolder + kind + ".json", 1 << 20));
}

std::string refused(const Json& json, const std::string& config = "") {
  return refusal_of([&] { HfTokenizer(json.dump(), config, "t.json"); });
}

struct Refused {
  const char* name;
  const char* kind;   // of the file that is damaged
  const char* place;  // a JSON pointer
  Json value;
  const char* says;
};

class TokenizerRefuses : public testing::TestWithParam<Refused> {};

TEST_P(TokenizerRefuses, WithTheNameAndThePlace) {
  Json json = good(GetParam().kind);
  ASSERT_NO_THROW(HfTokenizer(json.dump(), "", "t.json"));
  json[Json::json_pointer(GetParam().place)] = GetParam().value;
  EXPECT_THAT(refused(json), HasSubstr("t.json: "));
  EXPECT_THAT(refused(json), HasSubstr(GetParam().says));
}

Json token(int64_t id, const char* content, const char* condition = "lstrip", bool special = true) {
  return {{"id", id}, {"content", content}, {"special", special}, {condition, !special}};
}

INSTANTIATE_TEST_SUITE_P(
    Keys, TokenizerRefuses,
    testing::Values(
        Refused{"Top", "gpt2", "/tokenizer", 1, "unknown key 'tokenizer' with the value 1"},
        Refused{"Model", "gpt2", "/model/merge", 1, "model: unknown key 'merge'"},
        Refused{"Normalizer", "qwen2", "/normalizer/form", "C", "normalizer: unknown key 'form'"},
        Refused{"PreTokenizer", "gpt2", "/pre_tokenizer/prefix", true,
                "pre_tokenizer: unknown key 'prefix'"},
        Refused{
            "Step", "llama3", "/pre_tokenizer/pretokenizers/0/inverted", true,
            "pre_tokenizer: pretokenizers[0]: unknown key 'inverted' with the value true; did you mean 'invert'"},
        Refused{"Decoder", "llama2", "/decoder/decoders/3/end", 1,
                "decoder: decoders[3]: unknown key 'end'"},
        Refused{"PostProcessor", "llama3", "/post_processor/processors/1/triple", Json::array(),
                "post_processor: processors[1]: unknown key 'triple'"},
        Refused{"AddedToken", "gpt2", "/added_tokens/0/strip", true,
                "added_tokens[0]: unknown key 'strip'"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Kinds, TokenizerRefuses,
    testing::Values(
        Refused{"Model", "llama3", "/model/type", "Unigram", "model: 'type' is 'Unigram'"},
        Refused{"Normalizer", "qwen2", "/normalizer/type", "Lowercase", "'type' is 'Lowercase'"},
        Refused{"PreTokenizer", "gpt2", "/pre_tokenizer/type", "Bert", "'type' is 'Bert'"},
        Refused{"Decoder", "gpt2", "/decoder/type", "WordPiece", "'type' is 'WordPiece'"},
        Refused{"PostProcessor", "llama3", "/post_processor/type", "BertProcessing",
                "'type' is 'BertProcessing'"},
        Refused{"Behavior", "llama3", "/pre_tokenizer/pretokenizers/0/behavior", "Merged",
                "'behavior' is 'Merged'"},
        Refused{"Scheme", "mistral", "/pre_tokenizer/prepend_scheme", "last",
                "'prepend_scheme' is 'last'"},
        Refused{"Dropout", "gpt2", "/model/dropout", 0.1, "'dropout' is set"},
        Refused{"Suffix", "gpt2", "/model/end_of_word_suffix", "</w>",
                "'end_of_word_suffix' is set"},
        Refused{"Characters", "llama2", "/model/byte_fallback", false,
                "characters outside the vocabulary would be lost"},
        Refused{"LatePrefix", "smollm", "/pre_tokenizer/pretokenizers/1/add_prefix_space", true,
                "pretokenizers[1]: 'add_prefix_space' changes the text after another step"},
        Refused{"AfterByteLevel", "smollm", "/pre_tokenizer/pretokenizers/0",
                Json({{"type", "ByteLevel"}, {"add_prefix_space", false}}),
                "pretokenizers[1]: 'type' is 'ByteLevel' after a ByteLevel"}),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Damage, TokenizerRefuses,
    testing::Values(
        Refused{"NegativeId", "gpt2", "/model/vocab/a", -1, "vocab: the id of token 'a'"},
        Refused{"FractionAsId", "gpt2", "/model/vocab/a", 1.5, "vocab: the id of token 'a'"},
        Refused{"HugeId", "gpt2", "/model/vocab/a", 18446744073709551615u, "'a' is not a number"},
        Refused{"SameId", "gpt2", "/model/vocab/a", 7, "vocab: two tokens have the id 7"},
        Refused{"NoByte", "llama2", "/model/vocab", Json({{"<0x00>", 0}}), "a token '<0x01>'"},
        Refused{"UnknownPiece", "gpt2", "/model/merges/3", "q zz",
                "model: merges[3]: 'q' and 'zz' are merged, but 'zz' is not in the vocabulary"},
        Refused{"UnknownSum", "gpt2", "/model/merges/0", "q z", "but 'qz' is not"},
        Refused{"NoPair", "gpt2", "/model/merges/0", "qz", "merges[0]: is not a pair of tokens"},
        Refused{"Triple", "gpt2", "/model/merges/0", {"a", "b", "c"}, "is not a pair of tokens"},
        Refused{"Pattern", "llama3", "/pre_tokenizer/pretokenizers/0/pattern/Regex", "(a",
                "is not a regular expression"},
        Refused{"EmptyPattern", "behaviors", "/pre_tokenizer/pretokenizers/0/pattern/String", "",
                "a pattern of 0 bytes"},
        Refused{"LongReplacement", "gemma", "/normalizer/content", std::string(65, 'x'),
                "'content' has 65 bytes"},
        Refused{"HugeAddedId", "gpt2", "/added_tokens/0/id", 4000000000u,
                "added_tokens[0]: 'id' is not a number from 0 to 1048575"},
        Refused{"TakenId", "gpt2", "/added_tokens/0", token(7, "<|x|>"),
                "the added token '<|x|>' has the id 7, which is that of another token"},
        Refused{"OtherId", "gpt2", "/added_tokens/0", token(900, "the"), "in the vocabulary "},
        Refused{"Condition", "gpt2", "/added_tokens/0", token(900, "x", "single_word", false),
                "'single_word' is set for a token that is not special"},
        Refused{"EmptyAdded", "gpt2", "/added_tokens/0/content", "", "'content' is empty"},
        Refused{"VocabularyAsList", "gpt2", "/model/vocab", Json::array(), "'vocab' is not an"},
        Refused{"Null", "gpt2", "/model", nullptr, "'vocab' is missing"}),
    [](const auto& info) { return info.param.name; });

TEST(TokenizerRefusals, OfTwoAddedTokensWithOneIdOrText) {
  Json json = good("gpt2");
  json["added_tokens"].push_back(json["added_tokens"][0]);
  EXPECT_THAT(refused(json), HasSubstr("added_tokens[1]: 'id' is that of another added token"));
  json["added_tokens"][1]["id"] = 1000;
  EXPECT_THAT(refused(json), HasSubstr("'content' is that of another added token"));
}

TEST(TokenizerRefusals, OfAKeyThatStandsTwice) {
  std::string json = good("gpt2").dump();
  json.insert(json.find("\"vocab\":{") + 9, "\"a\":5,");
  EXPECT_THAT(refusal_of([&] { HfTokenizer(json, "", "t.json"); }),
              HasSubstr("the key \"a\" stands twice in one object"));
}

TEST(TokenizerRefusals, OfAConfigOfAnotherModel) {
  EXPECT_THAT(refused(good("gpt2"), R"({"bos_token": "<s>"})"),
              HasSubstr("'bos_token' is '<s>', which is not an added token"));
  EXPECT_THAT(refused(good("gpt2"), R"({"add_bos_token": "yes"})"), HasSubstr("'add_bos_token'"));
  EXPECT_THAT(refused(good("gpt2"), "{"), HasSubstr("tokenizer_config.json): not well-formed"));
}

// A file that ends anywhere.
TEST(TokenizerRefusals, OfACutFile) {
  const std::string json = good("llama2").dump();
  for (size_t size = 0; size < json.size(); size += 97)
    EXPECT_NE(refusal_of([&] { HfTokenizer(json.substr(0, size), "", "t.json"); }), "(accepted)");
}

TEST(TokenizerRefusals, OfATextThatTheNormalizerBlowsUp) {
  Json json = good("gemma");
  json["normalizer"]["content"] = std::string(60, 'x');
  const HfTokenizer tokenizer(json.dump(), "", "t.json");
  EXPECT_THAT(refusal_of([&] { tokenizer.encode(std::string(5000, ' ')); }),
              HasSubstr("more than 16 times as long"));
}

TEST(TokenizerRefusals, OfAnExpressionThatNeedsTooManySteps) {
  Json json = good("llama3");
  json["pre_tokenizer"]["pretokenizers"][0]["pattern"]["Regex"] = "(?:x+x+)+y";
  const HfTokenizer tokenizer(json.dump(), "", "t.json");
  EXPECT_THAT(refusal_of([&] { tokenizer.encode(std::string(60, 'x')); }),
              HasSubstr("the pattern cannot be matched"));
}

}  // namespace
}  // namespace sinkmoe::data
