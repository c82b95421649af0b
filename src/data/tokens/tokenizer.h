// Converts text to token ids and back exactly: decode(encode(text)) == text for every well-formed
// UTF-8 text.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sinkmoe::data {

// Size limit of tokenizer files.
inline constexpr uint64_t kMaxTokenizerBytes = uint64_t{64} << 20;

// The bytes of the ids, one after the other: pieces[id] for each. Throws Error for an id outside
// the vocabulary.
std::string decode(const std::vector<std::string>& pieces, std::span<const int32_t> ids);

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  int64_t vocabulary() const { return static_cast<int64_t>(pieces_.size()); }  // BOS included
  int32_t bos() const { return bos_; }  // never in the ids of a text
  // The bytes of each id; "" for BOS and for ids that no text produces.
  const std::vector<std::string>& pieces() const { return pieces_; }
  // Hash of everything that decides the ids.
  const std::string& hash() const { return hash_; }

  // Appends the ids of `text`, which must be well-formed UTF-8.
  void encode(std::string_view text, std::vector<int32_t>& ids) const;
  std::vector<int32_t> encode(std::string_view text) const;
  // Throws Error for an id outside the vocabulary.
  std::string decode(std::span<const int32_t> ids) const {
    return sinkmoe::data::decode(pieces_, ids);
  }

  // Whether looking a chunk up is faster than encoding it; if not, a chunk may be of any length.
  virtual bool worth_remembering() const { return true; }
  // Whether texts may be encoded in chunks, as first_chunk() splits them: no token crosses two.
  virtual bool in_chunks() const { return true; }
  // The ids of one chunk of a text (of a whole text without in_chunks()).
  virtual void encode_chunk(std::string_view chunk, std::vector<int32_t>& ids) const = 0;

 protected:
  std::vector<std::string> pieces_;
  int32_t bos_ = 0;
  std::string hash_;
};

// Length of the first chunk of a text: spaces, then other characters, then newlines.
size_t first_chunk(std::string_view text);

// Like encode(), but remembers the ids of short chunks: several times as fast on large texts. Not
// thread-safe. `most` chunks at a time; 500,000 take about 100 MB.
class CachedEncoder {
 public:
  explicit CachedEncoder(const Tokenizer& tokenizer, size_t most = 500000)
      : tokenizer_(tokenizer), most_(most) {}
  void encode(std::string_view text, std::vector<int32_t>& ids);

 private:
  const Tokenizer& tokenizer_;
  size_t most_;
  std::unordered_map<std::string, std::vector<int32_t>> known_;
  std::string key_;
};

// One id per byte, BOS = 256.
std::unique_ptr<Tokenizer> byte_tokenizer();

// From a serialised sentencepiece model; `where` is its path in errors. A chunk that the model
// would change (because it holds U+2581, which sentencepiece reads as a space) is spelled in bytes.
// Throws Error: not a model, no byte fallback, no BOS, or a model that changes plain text
// (normalisation, a prefix, collapsed spaces).
std::unique_ptr<Tokenizer> sentencepiece_tokenizer(const std::string& model,
                                                   const std::string& where);

// From a pretrained model's tokenizer.json and tokenizer_config.json ("": none). BOS is the model's,
// or its EOS if it has no BOS. Throws Error: a part that is not supported, neither BOS nor EOS. Its
// encode() throws Error if the tokenizer would change the text.
std::unique_ptr<Tokenizer> json_tokenizer(const std::string& json, const std::string& config,
                                          const std::string& where);

// Trains BPE with byte fallback on `sentences` (split after newlines, so that no piece crosses
// one). Deterministic. Returns the serialised model. Throws Error if the text is too small for the
// vocabulary.
std::string train_bpe(const std::vector<std::string>& sentences, int64_t vocabulary);

}  // namespace sinkmoe::data
