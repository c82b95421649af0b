// The byte-level BPE tokenizer of a pretrained model (Hugging Face tokenizer.json). It gives the
// ids that the `tokenizers` library gives without special tokens, except that added tokens
// ("<|endoftext|>") are never recognised inside a text.
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

class HfTokenizer {
 public:
  // `json` is the content of tokenizer.json, `config` that of tokenizer_config.json (may be empty),
  // `where` the path in errors. Throws Error: malformed, or a part that is not supported, with its
  // name.
  HfTokenizer(const std::string& json, const std::string& config, const std::string& where);
  ~HfTokenizer();

  int64_t vocabulary() const;  // added tokens included
  // The bytes of text of each id; "" for added tokens and for ids that no text produces.
  const std::vector<std::string>& pieces() const;
  // As in tokenizer_config.json.
  std::optional<int32_t> bos() const;
  std::optional<int32_t> eos() const;
  // True if the library puts BOS before each text by default.
  bool adds_bos() const;
  // SHA-256 of tokenizer.json.
  const std::string& hash() const;
  // True if encode() first changes the text (NFC); decode() then gives the changed text.
  bool normalizes() const;

  // Appends the ids of a whole text. Do not encode a text in pieces: a token may cross the border,
  // so the ids of two halves differ from those of the whole. Thread-safe. Throws Error: not UTF-8,
  // or a byte that is not in the vocabulary.
  void encode(std::string_view text, std::vector<int32_t>& ids) const;
  // Throws Error for an id outside the vocabulary. Added tokens give no text.
  std::string decode(std::span<const int32_t> ids) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// `path` is a tokenizer.json or its folder; also reads tokenizer_config.json in the same folder.
std::unique_ptr<HfTokenizer> open_hf_tokenizer(const std::filesystem::path& path);

}  // namespace sinkmoe::data
