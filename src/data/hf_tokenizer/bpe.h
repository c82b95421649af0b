// BPE: merges the bytes or characters of a piece in the order of rank.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/json/reader.h"
#include "data/hf_tokenizer/added_tokens.h"

namespace sinkmoe::data {

class Bpe {
 public:
  // Reads the value of "model" of a tokenizer.json. Tokens are spelled in bytes if `byte_level`;
  // otherwise in characters, with a token for each byte of the characters that have none
  // (byte_fallback). No text produces the special ones of `added`. Throws Error that names what is
  // not supported, and for an added token whose id is that of another token.
  Bpe(JsonReader model, bool byte_level, const std::vector<AddedToken>& added);

  // Appends the ids of a piece of well-formed UTF-8. Throws Error for a byte that is not in the
  // vocabulary.
  void encode(std::string_view piece, std::vector<int32_t>& ids) const;
  // The bytes of the piece that each id stands for; "" for ids that no text produces.
  const std::vector<std::string>& pieces() const { return pieces_; }
  // True if tokens end before the next U+2581: then the words of a text, each with the U+2581
  // before it, give the same ids one by one.
  bool keeps_words() const { return keeps_words_; }

 private:
  using Ids = std::unordered_map<std::string, int32_t>;
  struct Merge {
    uint32_t rank;
    int32_t id;
  };
  static uint64_t key(int32_t a, int32_t b) {
    return static_cast<uint64_t>(static_cast<uint32_t>(a)) << 32 | static_cast<uint32_t>(b);
  }
  Ids read_vocabulary(const nlohmann::json& vocab);
  void read_merges(const nlohmann::json& merges, const Ids& id_of_token);
  void add(const std::vector<AddedToken>& added, const Ids& id_of_token);
  void fill_tables();
  void start(std::string_view piece, std::vector<int32_t>& word) const;
  void merge_short(std::vector<int32_t>& word) const;
  void merge_long(std::vector<int32_t>& word) const;

  std::string where_;
  bool byte_level_, ignore_merges_ = false, keeps_words_ = false;
  std::vector<std::string> pieces_;
  std::vector<bool> fallback_;  // ids of single bytes
  Ids id_of_;                   // by piece: those that encode() looks up
  std::array<int32_t, 256> byte_ids_{};
  std::unordered_map<uint64_t, Merge> merges_;
};

}  // namespace sinkmoe::data
