#include "data/tokens/as_json.h"

#include <sentencepiece_processor.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_map>
#include <vector>

#include "core/error.h"
#include "core/file.h"
#include "core/text/split_join.h"
#include "core/text/utf8.h"
#include "data/hf_tokenizer/spelling.h"
#include "data/hf_tokenizer/steps/metaspace.h"
#include "data/text_set.h"

namespace sinkmoe::data {

namespace {

using OrderedJson = nlohmann::ordered_json;

constexpr const char* kBos = "<s>";

OrderedJson special(int32_t id, const std::string& content) {
  return {{"id", id},        {"content", content},  {"single_word", false}, {"lstrip", false},
          {"rstrip", false}, {"normalized", false}, {"special", true}};
}

// Puts BOS before each text, as rows have it.
OrderedJson bos_template(int32_t id, const std::string& bos) {
  const OrderedJson first = {{"SpecialToken", {{"id", bos}, {"type_id", 0}}}};
  const auto text = [](const char* name) {
    return OrderedJson{{"Sequence", {{"id", name}, {"type_id", 0}}}};
  };
  return {{"type", "TemplateProcessing"},
          {"single", OrderedJson::array({first, text("A")})},
          {"pair", OrderedJson::array({first, text("A"), text("B")})},
          {"special_tokens",
           {{bos,
             {{"id", bos},
              {"ids", OrderedJson::array({id})},
              {"tokens", OrderedJson::array({bos})}}}}}};
}

OrderedJson frame(OrderedJson added, OrderedJson pre_tokenizer, OrderedJson post_processor,
                  OrderedJson decoder, OrderedJson model) {
  return {{"version", "1.0"},
          {"truncation", nullptr},
          {"padding", nullptr},
          {"added_tokens", std::move(added)},
          {"normalizer", nullptr},
          {"pre_tokenizer", std::move(pre_tokenizer)},
          {"post_processor", std::move(post_processor)},
          {"decoder", std::move(decoder)},
          {"model", std::move(model)}};
}

OrderedJson bpe(OrderedJson vocabulary, OrderedJson merges, const OrderedJson& unknown) {
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", unknown},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", false},
          {"byte_fallback", !unknown.is_null()},
          {"ignore_merges", false},
          {"vocab", std::move(vocabulary)},
          {"merges", std::move(merges)}};
}

std::string text_of(const OrderedJson& json) { return json.dump(1) + "\n"; }

// A piece of text in the vocabulary of a BPE, which merges pairs in the order of falling scores.
struct ScoredPiece {
  std::string text;
  float score = 0;
};

void load(sentencepiece::SentencePieceProcessor& model, const std::string& serialised,
          const std::string& where) {
  if (const auto status = model.LoadFromSerializedProto(serialised); !status.ok())
    throw Error("not a sentencepiece model: " + std::string(status.message()), where);
}

// The pieces of a model that stand for text, with plain spaces.
std::vector<ScoredPiece> text_pieces(const sentencepiece::SentencePieceProcessor& model,
                                     const std::string& where) {
  std::vector<ScoredPiece> out;
  for (int id = 0; id < model.GetPieceSize(); ++id) {
    if (model.IsControl(id) || model.IsUnknown(id) || model.IsByte(id)) continue;
    ScoredPiece piece{model.IdToPiece(id), model.GetScore(id)};
    if (model.IsUnused(id) || piece.score > 0 || piece.score != std::floor(piece.score))
      throw Error("the tokenizer is not a plain BPE", where,
                  "only models of type bpe without pieces of their own have a tokenizer.json");
    replace_all(piece.text, kMetaspace, " ");
    out.push_back(std::move(piece));
  }
  return out;
}

// Every way to make a piece of two others. Pairs of one piece have one score, so their order among
// each other decides nothing.
OrderedJson merges_of(std::vector<ScoredPiece> pieces) {
  std::unordered_map<std::string, float> known;
  for (const ScoredPiece& piece : pieces) known[piece.text] = piece.score;
  std::stable_sort(pieces.begin(), pieces.end(),
                   [](const ScoredPiece& a, const ScoredPiece& b) { return a.score > b.score; });
  OrderedJson merges = OrderedJson::array();
  for (const auto& [text, score] : pieces)
    for (size_t at = 1; at < text.size(); ++at) {
      if (inside_character(text[at])) continue;
      const std::string left = text.substr(0, at), right = text.substr(at);
      if (known.contains(left) && known.contains(right))
        merges.push_back(OrderedJson::array({left, right}));
    }
  return merges;
}

OrderedJson config_json(const std::string& bos) {
  return {{"tokenizer_class", "PreTrainedTokenizerFast"},
          {"bos_token", bos},
          {"add_bos_token", true},
          {"clean_up_tokenization_spaces", false}};
}

std::string config_of(const std::string& serialised, const std::string& where) {
  sentencepiece::SentencePieceProcessor model;
  load(model, serialised, where);
  OrderedJson json = config_json(model.IdToPiece(model.bos_id()));
  json["unk_token"] = model.IdToPiece(model.unk_id());
  return text_of(json);
}

}  // namespace

std::string bytes_json() {
  OrderedJson vocabulary = OrderedJson::object();
  for (int byte = 0; byte < 256; ++byte)
    vocabulary[spelled_byte(static_cast<unsigned char>(byte))] = byte;
  const OrderedJson level = {{"type", "ByteLevel"},
                             {"add_prefix_space", false},
                             {"trim_offsets", true},
                             {"use_regex", false}};
  return text_of(frame(OrderedJson::array({special(256, kBos)}), level, bos_template(256, kBos),
                       level, bpe(std::move(vocabulary), OrderedJson::array(), nullptr)));
}

std::string sentencepiece_json(const std::string& serialised, const std::string& where) {
  sentencepiece::SentencePieceProcessor model;
  load(model, serialised, where);
  std::vector<ScoredPiece> pieces = text_pieces(model, where);
  if (std::none_of(pieces.begin(), pieces.end(),
                   [](const ScoredPiece& p) { return p.text == " "; }))
    throw Error("the tokenizer has no piece for a space", where,
                "a text without spaces gives a tokenizer without a tokenizer.json");
  OrderedJson vocabulary = OrderedJson::object(), added = OrderedJson::array();
  for (int id = 0; id < model.GetPieceSize(); ++id) {
    std::string text = model.IdToPiece(id);
    const bool named = model.IsControl(id) || model.IsUnknown(id);
    if (named) added.push_back(special(id, text));
    if (!named && !model.IsByte(id)) replace_all(text, kMetaspace, " ");
    vocabulary[text] = id;
  }
  // Words as first_chunk() cuts them: spaces, other characters, newlines.
  const OrderedJson words = {{"type", "Split"},
                             {"pattern", {{"Regex", " +[^ \\n]*\\n*|[^ \\n]+\\n*|\\n+"}}},
                             {"behavior", "Isolated"},
                             {"invert", false}};
  const OrderedJson decoder = {
      {"type", "Sequence"},
      {"decoders", OrderedJson::array({{{"type", "ByteFallback"}}, {{"type", "Fuse"}}})}};
  const int bos = model.bos_id();
  return text_of(frame(
      std::move(added), words, bos_template(bos, model.IdToPiece(bos)), decoder,
      bpe(std::move(vocabulary), merges_of(std::move(pieces)), model.IdToPiece(model.unk_id()))));
}

std::map<std::string, std::string> tokenizer_files(const std::filesystem::path& text_set) {
  const std::string hash = open_tokenizer(text_set)->hash();  // checks the files
  if (hash == byte_tokenizer()->hash())
    return {{kJsonName, bytes_json()}, {kJsonConfigName, text_of(config_json(kBos))}};
  std::map<std::string, std::string> files;
  for (const char* name : {kJsonName, kJsonConfigName, kModelName})
    if (std::filesystem::exists(text_set / name))
      files[name] = read_file(text_set / name, kMaxTokenizerBytes);
  if (files.contains(kJsonName)) {
    files.erase(kModelName);
    return files;
  }
  const std::string& model = files.at(kModelName);
  const std::string where = (text_set / kModelName).string();
  files[kJsonName] = sentencepiece_json(model, where);
  files[kJsonConfigName] = config_of(model, where);
  return files;
}

}  // namespace sinkmoe::data
