// The byte-level BPE tokenizer of a pretrained model (Hugging Face tokenizer.json): the same ids as
// the `tokenizers` library gives without special tokens, except that added tokens ("<|endoftext|>")
// are never recognised inside a text.
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
  // `json` is the content of tokenizer.json, `config` of tokenizer_config.json (may be empty);
  // `where` stands for the path in errors. Throws Error: malformed, or a part that is not
  // supported, by name.
  HfTokenizer(const std::string& json, const std::string& config, const std::string& where);
  ~HfTokenizer();

  int64_t vocabulary() const;  // added tokens included
  // The bytes of text each id stands for; "" for added tokens and for ids that no text has.
  const std::vector<std::string>& pieces() const;
  // As tokenizer_config.json names them.
  std::optional<int32_t> bos() const;
  std::optional<int32_t> eos() const;
  // The library puts BOS before each text unless told not to.
  bool adds_bos() const;
  // SHA-256 of tokenizer.json.
  const std::string& hash() const;
  // True when encode() changes the text first (NFC): decode() then gives the changed text.
  bool normalizes() const;

  // Appends the ids of a whole text: a token may cross any place at which a caller would cut, so
  // the ids of two halves are not those of the whole. Thread-safe. Throws Error: not UTF-8, or a
  // byte that the vocabulary lacks.
  void encode(std::string_view text, std::vector<int32_t>& ids) const;
  // Throws Error for an id outside the vocabulary. Added tokens give nothing.
  std::string decode(std::span<const int32_t> ids) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// `path` is a tokenizer.json or the folder that holds it; tokenizer_config.json is read beside it.
std::unique_ptr<HfTokenizer> open_hf_tokenizer(const std::filesystem::path& path);

}  // namespace sinkmoe::data
