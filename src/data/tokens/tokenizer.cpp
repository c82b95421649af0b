#include "data/tokens/tokenizer.h"

#include <cassert>

#include "core/error.h"
#include "core/hash.h"

namespace sinkmoe::data {

size_t first_chunk(std::string_view text) {
  size_t at = 0;
  while (at < text.size() && text[at] == ' ') ++at;
  while (at < text.size() && text[at] != ' ' && text[at] != '\n') ++at;
  while (at < text.size() && text[at] == '\n') ++at;
  return at;
}

void Tokenizer::encode(std::string_view text, std::vector<int32_t>& ids) const {
  if (!in_chunks() || !worth_remembering()) return encode_chunk(text, ids);
  while (!text.empty()) {
    const size_t n = first_chunk(text);
    encode_chunk(text.substr(0, n), ids);
    text.remove_prefix(n);
  }
}

std::vector<int32_t> Tokenizer::encode(std::string_view text) const {
  std::vector<int32_t> ids;
  encode(text, ids);
  return ids;
}

std::string decode(const std::vector<std::string>& pieces, std::span<const int32_t> ids) {
  std::string text;
  for (size_t i = 0; i < ids.size(); ++i) {
    if (ids[i] < 0 || static_cast<size_t>(ids[i]) >= pieces.size())
      throw Error("id " + std::to_string(ids[i]) + " is outside the vocabulary of " +
                      std::to_string(pieces.size()),
                  "token " + std::to_string(i));
    text += pieces[static_cast<size_t>(ids[i])];
  }
  return text;
}

void CachedEncoder::encode(std::string_view text, std::vector<int32_t>& ids) {
  constexpr size_t kLongest = 32;
  if (!tokenizer_.in_chunks() || !tokenizer_.worth_remembering())
    return tokenizer_.encode(text, ids);
  while (!text.empty()) {
    const std::string_view chunk = text.substr(0, first_chunk(text));
    text.remove_prefix(chunk.size());
    if (chunk.size() > kLongest) {
      tokenizer_.encode_chunk(chunk, ids);
      continue;
    }
    key_.assign(chunk);
    auto it = known_.find(key_);
    if (it == known_.end()) {
      if (known_.size() >= most_) known_.clear();
      it = known_.emplace(key_, std::vector<int32_t>()).first;
      tokenizer_.encode_chunk(chunk, it->second);
    }
    ids.insert(ids.end(), it->second.begin(), it->second.end());
  }
}

namespace {

class ByteTokenizer : public Tokenizer {
 public:
  ByteTokenizer() {
    for (int byte = 0; byte < 256; ++byte) pieces_.emplace_back(1, static_cast<char>(byte));
    pieces_.emplace_back();
    bos_ = 256;
    hash_ = sha256_hex("bytes 1");
  }
  bool worth_remembering() const override { return false; }
  void encode_chunk(std::string_view chunk, std::vector<int32_t>& ids) const override {
    const size_t before = ids.size();
    ids.resize(before + chunk.size());
    for (size_t i = 0; i < chunk.size(); ++i)
      ids[before + i] = static_cast<unsigned char>(chunk[i]);
  }
};

}  // namespace

std::unique_ptr<Tokenizer> byte_tokenizer() { return std::make_unique<ByteTokenizer>(); }

}  // namespace sinkmoe::data
