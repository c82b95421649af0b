// The BPE tokenizer of a pretrained model (Hugging Face tokenizer.json). It gives the ids that the
// `tokenizers` library gives without special tokens (add_special_tokens = false,
// encode_special_tokens = true): "<|endoftext|>" within a text is plain text.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace sinkmoe::data {

struct EncodedText {
  std::vector<int32_t> ids = {};
  // Bytes of the text that each id stands for; their sum is the size of the text. A tokenizer that
  // changes the text (NFC, a prefix) gives bytes of the text before that.
  std::vector<uint32_t> bytes = {};
};

class HfTokenizer {
 public:
  // `json` is the content of tokenizer.json, `config` that of tokenizer_config.json (may be empty),
  // `where` the path in errors. Throws Error: malformed, or a part or key that is not supported,
  // with its name and place.
  HfTokenizer(const std::string& json, const std::string& config, const std::string& where);
  ~HfTokenizer();

  int64_t vocabulary() const;  // added tokens included
  // The bytes of text of each id; "" for special tokens and for ids that no text produces.
  const std::vector<std::string>& pieces() const;
  // As in tokenizer_config.json.
  std::optional<int32_t> bos() const;
  std::optional<int32_t> eos() const;
  // True if the library puts BOS before each text by default.
  bool adds_bos() const;
  // SHA-256 of tokenizer.json.
  const std::string& hash() const;

  // Encodes a whole text. Do not encode a text in pieces: a token may cross the border, so the ids
  // of two halves differ from those of the whole. Thread-safe. Throws Error: not UTF-8, or a byte
  // that is not in the vocabulary.
  EncodedText encode(std::string_view text) const;
  // The text that was encoded, as far as the tokenizer keeps it: NFC and a space at the start stay
  // changed. Throws Error for an id outside the vocabulary. Special tokens give no text.
  std::string decode(std::span<const int32_t> ids) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

// `path` is a tokenizer.json or its folder; also reads tokenizer_config.json in the same folder.
std::unique_ptr<HfTokenizer> open_hf_tokenizer(const std::filesystem::path& path);

}  // namespace sinkmoe::data
