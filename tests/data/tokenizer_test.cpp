#include "data/tokens/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <numeric>

#include "data/tokens/bpe_sample.h"
#include "text_fixture.h"

namespace sinkmoe::data {
namespace {

using testing::HasSubstr;

const std::string& model() {
  static const std::string trained = [] {
    std::vector<std::string> sentences;
    append_sentences(made_up_text(1, 20000), sentences);
    return train_bpe(sentences, 320);
  }();
  return trained;
}

std::vector<std::unique_ptr<Tokenizer>> tokenizers() {
  std::vector<std::unique_ptr<Tokenizer>> all;
  all.push_back(byte_tokenizer());
  all.push_back(sentencepiece_tokenizer(model(), "test.model"));
  return all;
}

std::string utf8(const std::vector<uint32_t>& characters) {
  std::string text;
  for (uint32_t c : characters) {
    if (c < 0x80)
      text += static_cast<char>(c);
    else if (c < 0x800)
      (text += static_cast<char>(0xC0 | c >> 6)) += static_cast<char>(0x80 | (c & 0x3F));
    else if (c < 0x10000) {
      text += static_cast<char>(0xE0 | c >> 12);
      (text += static_cast<char>(0x80 | (c >> 6 & 0x3F))) += static_cast<char>(0x80 | (c & 0x3F));
    } else {
      (text += static_cast<char>(0xF0 | c >> 18)) += static_cast<char>(0x80 | (c >> 12 & 0x3F));
      (text += static_cast<char>(0x80 | (c >> 6 & 0x3F))) += static_cast<char>(0x80 | (c & 0x3F));
    }
  }
  return text;
}

// Spaces, newlines, syllables the model knows, U+2581, controls, combining marks, anything else.
rc::Gen<std::string> any_text() {
  const auto character = rc::gen::oneOf(
      rc::gen::element<uint32_t>(' ', '\n', 'k', 'a', 'l', 'o', 't', 'h', 'e', 0x2581, 0, 0x0301,
                                 '\t', '\r', '<', '>'),
      rc::gen::inRange<uint32_t>(0, 0xD800), rc::gen::inRange<uint32_t>(0xE000, 0x110000));
  return rc::gen::map(rc::gen::container<std::vector<uint32_t>>(character), utf8);
}

TEST(Tokenizer, RoundTripsAnyUtf8) {
  const auto all = tokenizers();
  EXPECT_TRUE(rc::check([&] {
    const std::string text = *any_text();
    for (const auto& tokenizer : all) {
      const std::vector<int32_t> ids = tokenizer->encode(text);
      RC_ASSERT(tokenizer->decode(ids) == text);
      for (int32_t id : ids) RC_ASSERT(id != tokenizer->bos());
    }
  }));
}

TEST(Tokenizer, RoundTripsWhatSentencepieceTreatsSpecially) {
  for (const auto& tokenizer : tokenizers())
    for (const std::string text : {"", " ", "  a  b ", "\n\n x\n", "\xE2\x96\x81 a\xE2\x96\x81",
                                   "<s></s><unk><0x0A>", "<0x0A>", "\xEF\xBB\xBFtext",
                                   "e\xCC\x81 \xC3\xA9 \xEF\xAC\x81", "\t\r\n", "a\xE2\x81\x87 b"})
      EXPECT_EQ(tokenizer->decode(tokenizer->encode(text)), text) << text;
  const std::string null("a\0b", 3);
  for (const auto& tokenizer : tokenizers())
    EXPECT_EQ(tokenizer->decode(tokenizer->encode(null)), null);
}

TEST(Tokenizer, TheCacheChangesNothing) {
  const auto all = tokenizers();
  EXPECT_TRUE(rc::check([&] {
    const std::string text = *any_text() + made_up_text(*rc::gen::inRange<uint64_t>(0, 100), 20);
    for (const auto& tokenizer : all) {
      CachedEncoder cached(*tokenizer);
      std::vector<int32_t> ids;
      cached.encode(text, ids);
      cached.encode(text, ids);
      const std::vector<int32_t> once = tokenizer->encode(text);
      RC_ASSERT(ids.size() == 2 * once.size());
      RC_ASSERT(std::equal(once.begin(), once.end(), ids.begin()));
      RC_ASSERT(
          std::equal(once.begin(), once.end(), ids.begin() + static_cast<ptrdiff_t>(once.size())));
    }
  }));
}

// Another program that loads tokenizer.model must see the same ids.
TEST(Tokenizer, CuttingIntoChunksGivesWhatSentencepieceGivesForTheWhole) {
  sentencepiece::SentencePieceProcessor plain;
  ASSERT_TRUE(plain.LoadFromSerializedProto(model()).ok());
  const std::string text = made_up_text(2, 5000) + "  two  spaces\n \n\n\tand é.";
  const std::vector<int> whole = plain.EncodeAsIds(text);
  EXPECT_EQ(sentencepiece_tokenizer(model(), "m")->encode(text),
            std::vector<int32_t>(whole.begin(), whole.end()));
}

TEST(Tokenizer, PieceLengthsAddUpToTheText) {
  const std::string text = made_up_text(3, 1000) + "é\xE2\x96\x81\n";
  for (const auto& tokenizer : tokenizers()) {
    size_t bytes = 0;
    for (int32_t id : tokenizer->encode(text))
      bytes += tokenizer->pieces()[static_cast<size_t>(id)].size();
    EXPECT_EQ(bytes, text.size());
    EXPECT_EQ(tokenizer->pieces()[static_cast<size_t>(tokenizer->bos())], "");
  }
}

TEST(Tokenizer, BytesAreTheirOwnIds) {
  const auto tokenizer = byte_tokenizer();
  EXPECT_EQ(tokenizer->encode("A\n\xC3\xA9"), (std::vector<int32_t>{65, 10, 195, 169}));
  EXPECT_EQ(tokenizer->vocabulary(), 257);
  EXPECT_EQ(tokenizer->bos(), 256);
}

TEST(Tokenizer, BpeShortensWhatItWasTrainedOn) {
  const auto tokenizer = sentencepiece_tokenizer(model(), "m");
  EXPECT_EQ(tokenizer->vocabulary(), 320);
  const std::string text = made_up_text(4, 1000);
  EXPECT_LT(tokenizer->encode(text).size(), text.size() / 1.8);
}

TEST(Tokenizer, DecodeRefusesForeignIds) {
  EXPECT_THAT(refusal_of([] { byte_tokenizer()->decode(std::vector<int32_t>{65, 257}); }),
              HasSubstr("token 1"));
  EXPECT_THROW(byte_tokenizer()->decode(std::vector<int32_t>{-1}), Error);
}

TEST(Chunks, EndAfterNewlinesAndBeforeSpaces) {
  auto chunks = [](std::string_view text) {
    std::vector<std::string> list;
    for (; !text.empty(); text.remove_prefix(list.back().size()))
      list.emplace_back(text.substr(0, first_chunk(text)));
    return list;
  };
  EXPECT_EQ(chunks("one two\n\nthree  four \n five"),
            (std::vector<std::string>{"one", " two\n\n", "three", "  four", " \n", " five"}));
  EXPECT_EQ(chunks("\n\nx"), (std::vector<std::string>{"\n\n", "x"}));
  EXPECT_EQ(chunks("  "), (std::vector<std::string>{"  "}));
}

TEST(TrainBpe, GivesTheSameModelAgain) {
  std::vector<std::string> sentences;
  append_sentences(made_up_text(5, 5000), sentences);
  EXPECT_EQ(train_bpe(sentences, 310), train_bpe(sentences, 310));
}

TEST(TrainBpe, NoPieceCrossesTheEndOfAChunk) {
  const auto tokenizer = sentencepiece_tokenizer(model(), "m");
  for (const std::string& piece : tokenizer->pieces())
    if (!piece.empty()) {
      EXPECT_EQ(first_chunk(piece), piece.size()) << piece;
    }
}

TEST(TrainBpe, SaysWhenTheTextIsTooSmall) {
  EXPECT_THAT(refusal_of([] { train_bpe({"abc abc"}, 5000); }), HasSubstr("--vocab"));
  EXPECT_THROW(train_bpe({}, 1000), Error);
}

// A model with options that change the text.
std::string foreign_model(std::unordered_map<std::string, std::string> options) {
  std::vector<std::string> sentences;
  append_sentences(made_up_text(6, 3000), sentences);
  struct Lines : sentencepiece::SentenceIterator {
    const std::vector<std::string>* lines;
    size_t at = 0;
    bool done() const override { return at >= lines->size(); }
    void Next() override { ++at; }
    const std::string& value() const override { return (*lines)[at]; }
    sentencepiece::util::Status status() const override { return {}; }
  } iterator;
  iterator.lines = &sentences;
  std::unordered_map<std::string, std::string> all = {{"model_type", "bpe"},
                                                      {"vocab_size", "320"},
                                                      {"byte_fallback", "true"},
                                                      {"minloglevel", "2"},
                                                      {"normalization_rule_name", "identity"},
                                                      {"add_dummy_prefix", "false"},
                                                      {"remove_extra_whitespaces", "false"}};
  for (auto& [key, value] : options) all[key] = value;
  std::string model;
  EXPECT_TRUE(sentencepiece::SentencePieceTrainer::Train(all, &iterator, &model).ok());
  return model;
}

TEST(ForeignModel, ExactOnesAreTaken) {
  const auto tokenizer = sentencepiece_tokenizer(foreign_model({}), "f.model");
  EXPECT_EQ(tokenizer->decode(tokenizer->encode("  ka lo\n")), "  ka lo\n");
}

TEST(ForeignModel, InexactOnesAreRefused) {
  auto says = [](std::unordered_map<std::string, std::string> options) {
    return refusal_of([&] { sentencepiece_tokenizer(foreign_model(options), "f.model"); });
  };
  EXPECT_THAT(says({{"add_dummy_prefix", "true"}}),
              HasSubstr("f.model: the model changes the text"));
  EXPECT_THAT(says({{"normalization_rule_name", "nmt_nfkc"}}), HasSubstr("changes the text"));
  EXPECT_THAT(says({{"remove_extra_whitespaces", "true"}}), HasSubstr("changes the text"));
  EXPECT_THAT(says({{"byte_fallback", "false"}, {"vocab_size", "60"}}),
              HasSubstr("no byte fallback"));
  EXPECT_THAT(says({{"bos_id", "-1"}}), HasSubstr("no BOS"));
  EXPECT_THAT(refusal_of([] { sentencepiece_tokenizer("not a model", "f.model"); }),
              HasSubstr("f.model"));
  EXPECT_THAT(refusal_of([] { sentencepiece_tokenizer("", "f.model"); }), HasSubstr("f.model"));
}

}  // namespace
}  // namespace sinkmoe::data
