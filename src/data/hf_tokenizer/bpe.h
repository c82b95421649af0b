// Byte-level BPE: merges the bytes of a piece in the order of rank.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace sinkmoe::data {

class Bpe {
 public:
  // Reads the value of "model" of a tokenizer.json. Throws Error that names what is not supported.
  Bpe(const nlohmann::json& model, const std::string& where);

  // Appends the ids of a piece. Throws Error for a byte that is not in the vocabulary.
  void encode(std::string_view piece, std::vector<int32_t>& ids) const;
  // The bytes each id stands for; "" for ids that are not spelled in byte-level characters.
  const std::vector<std::string>& pieces() const { return pieces_; }
  // Removes an id from encoding, so that no text can produce it.
  void hide(int32_t id);

 private:
  struct Merge {
    uint32_t rank;
    int32_t id;
  };
  static uint64_t key(int32_t a, int32_t b) {
    return static_cast<uint64_t>(static_cast<uint32_t>(a)) << 32 | static_cast<uint32_t>(b);
  }
  void read_vocabulary(const nlohmann::json& vocab);
  void read_merges(const nlohmann::json& merges);
  void merge(std::vector<int32_t>& word) const;

  std::string where_;
  bool ignore_merges_ = false;
  std::vector<std::string> pieces_;
  std::unordered_map<std::string, int32_t> id_of_;  // by bytes
  std::array<int32_t, 256> byte_ids_{};
  std::unordered_map<uint64_t, Merge> merges_;
};

}  // namespace sinkmoe::data
