// The sentencepiece tokenizer: exact, because every chunk is checked, and its training.
#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>

#include <array>
#include <charconv>

#include "core/error.h"
#include "core/hash.h"
#include "data/import/import.h"
#include "data/tokens/tokenizer.h"

namespace sinkmoe::data {

namespace {

// sentencepiece writes a space as U+2581.
std::string with_spaces(const std::string& piece) {
  static const std::string mark = "\xE2\x96\x81";
  std::string text;
  for (size_t at = 0; at < piece.size();) {
    const bool space = piece.compare(at, mark.size(), mark) == 0;
    text += space ? ' ' : piece[at];
    at += space ? mark.size() : 1;
  }
  return text;
}

class SentencePieceTokenizer : public Tokenizer {
 public:
  SentencePieceTokenizer(const std::string& model, const std::string& where) {
    if (const auto status = processor_.LoadFromSerializedProto(model); !status.ok())
      throw Error("not a sentencepiece model: " + std::string(status.message()), where);
    hash_ = sha256_hex(model);
    bos_ = processor_.bos_id();
    if (bos_ < 0)
      throw Error("the model has no BOS", where,
                  "train it with a bos_id, or let 'sinkmoe data import' train one");
    read_pieces(where);
    for (const char* text :
         {"a", " a", "  a", "A b", "\n", "a\n\n", "\tx ", "e\xCC\x81", "\xEF\xAC\x81", "1/2"})
      if (!spelled(text))
        throw Error(
            "the model changes the text it reads (normalisation, a dummy prefix or removed spaces)",
            where,
            "train it with normalization_rule_name=identity, add_dummy_prefix=false and "
            "remove_extra_whitespaces=false");
  }

  void encode_chunk(std::string_view chunk, std::vector<int32_t>& ids) const override {
    const size_t before = ids.size();
    for (int id : processor_.EncodeAsIds(chunk)) ids.push_back(id);
    if (spells(std::span(ids).subspan(before), chunk)) return;
    ids.resize(before);
    for (unsigned char byte : chunk) ids.push_back(byte_ids_[byte]);
  }

 private:
  void read_pieces(const std::string& where) {
    byte_ids_.fill(-1);
    for (int id = 0; id < processor_.GetPieceSize(); ++id) {
      const std::string& piece = processor_.IdToPiece(id);
      if (processor_.IsByte(id)) {  // "<0x0A>"
        unsigned byte = 256;
        const char* digits = piece.data() + 3;
        if (piece.size() == 6) std::from_chars(digits, digits + 2, byte, 16);
        if (byte > 255) throw Error("the model names a byte '" + piece + "'", where);
        byte_ids_[byte] = id;
        pieces_.emplace_back(1, static_cast<char>(byte));
      } else {
        const bool none =
            processor_.IsControl(id) || processor_.IsUnknown(id) || processor_.IsUnused(id);
        pieces_.push_back(none ? "" : with_spaces(piece));
      }
    }
    for (int32_t id : byte_ids_)
      if (id < 0)
        throw Error("the model has no byte fallback", where, "train it with byte_fallback=true");
  }

  bool spells(std::span<const int32_t> ids, std::string_view text) const {
    for (int32_t id : ids) {
      const std::string& piece = pieces_[static_cast<size_t>(id)];
      if (piece.empty() || !text.starts_with(piece)) return false;
      text.remove_prefix(piece.size());
    }
    return text.empty();
  }

  // Whether the ids stand for the text. If the training text had no space, the model spells a space
  // as the bytes of U+2581; encode_chunk() then writes the space itself.
  bool spelled(std::string_view text) const {
    std::string joined;
    for (const int id : processor_.EncodeAsIds(text)) joined += pieces_[static_cast<size_t>(id)];
    return with_spaces(joined) == text;
  }

  sentencepiece::SentencePieceProcessor processor_;
  std::array<int32_t, 256> byte_ids_{};
};

class Sentences : public sentencepiece::SentenceIterator {
 public:
  explicit Sentences(const std::vector<std::string>& sentences) : sentences_(sentences) {}
  bool done() const override { return at_ >= sentences_.size(); }
  void Next() override { ++at_; }
  const std::string& value() const override { return sentences_[at_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  const std::vector<std::string>& sentences_;
  size_t at_ = 0;
};

// The whole number in `text` after `mark`; "" if there is none.
std::string number_after(const std::string& text, const std::string& mark) {
  const size_t at = text.find(mark);
  if (at == std::string::npos) return "";
  const size_t begin = at + mark.size();
  return text.substr(begin, text.find_first_not_of("0123456789", begin) - begin);
}

// The trainer's two complaints about the size, in words of the command.
Error training_error(const std::string& message, int64_t vocabulary) {
  const std::string asked = std::to_string(vocabulary);
  if (const std::string most = number_after(message, "set it to a value <= "); !most.empty())
    return {"this text is too small for a vocabulary of " + asked + ": it gives at most " + most,
            "--vocab",
            std::stoll(most) < kMinBpeVocabulary
                ? "give more text, or --tokenizer bytes"
                : "give --vocab " + most + " or less, more text, or --tokenizer bytes"};
  if (const std::string least = number_after(message, asked + " vs "); !least.empty())
    return {"the different characters of this text alone need a vocabulary of " + least +
                ", more than " + asked,
            "--vocab",
            "give a larger --vocab, such as " + std::to_string(2 * std::stoll(least)) +
                ", or --tokenizer bytes"};
  return {"no BPE of " + asked + " tokens can be made from this text: " + message, "--vocab",
          "take another --vocab, more text, or --tokenizer bytes"};
}

}  // namespace

std::unique_ptr<Tokenizer> sentencepiece_tokenizer(const std::string& model,
                                                   const std::string& where) {
  return std::make_unique<SentencePieceTokenizer>(model, where);
}

std::string train_bpe(const std::vector<std::string>& sentences, int64_t vocabulary) {
  Sentences iterator(sentences);
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(
      std::unordered_map<std::string, std::string>{{"model_type", "bpe"},
                                                   {"vocab_size", std::to_string(vocabulary)},
                                                   {"byte_fallback", "true"},
                                                   {"character_coverage", "0.9999"},
                                                   {"normalization_rule_name", "identity"},
                                                   {"add_dummy_prefix", "false"},
                                                   {"remove_extra_whitespaces", "false"},
                                                   {"allow_whitespace_only_pieces", "true"},
                                                   {"unk_id", "0"},
                                                   {"bos_id", "1"},
                                                   {"eos_id", "-1"},
                                                   {"pad_id", "-1"},
                                                   {"max_sentence_length", "1048576"},
                                                   {"input_sentence_size", "0"},
                                                   {"shuffle_input_sentence", "false"},
                                                   {"num_threads", "1"},
                                                   {"minloglevel", "2"}},
      &iterator, &model);
  if (!status.ok()) throw training_error(std::string(status.message()), vocabulary);
  return model;
}

}  // namespace sinkmoe::data
