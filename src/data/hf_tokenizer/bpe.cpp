#include "data/hf_tokenizer/bpe.h"

#include <utf8proc.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <queue>

#include "core/error.h"

namespace sinkmoe::data {

namespace {

using Json = nlohmann::json;

constexpr int64_t kMaxId = 1 << 22;

// GPT-2 writes a byte as a printable character: itself, or one from U+0100 on.
const std::unordered_map<utf8proc_int32_t, unsigned char>& byte_of_character() {
  static const auto table = [] {
    std::unordered_map<utf8proc_int32_t, unsigned char> made;
    utf8proc_int32_t next = 256;
    for (int b = 0; b < 256; ++b) {
      const bool itself = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
      made[itself ? b : next++] = static_cast<unsigned char>(b);
    }
    return made;
  }();
  return table;
}

std::optional<std::string> spelled_bytes(const std::string& token) {
  std::string text;
  for (size_t at = 0; at < token.size();) {
    utf8proc_int32_t character = 0;
    const utf8proc_ssize_t n =
        utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(token.data()) + at,
                         static_cast<utf8proc_ssize_t>(token.size() - at), &character);
    if (n <= 0) return {};
    const auto it = byte_of_character().find(character);
    if (it == byte_of_character().end()) return {};
    text += static_cast<char>(it->second);
    at += static_cast<size_t>(n);
  }
  return text;
}

bool given(const Json& model, const char* name) {
  const auto it = model.find(name);
  return it != model.end() && !it->is_null() && *it != "" && *it != false && *it != 0;
}

}  // namespace

Bpe::Bpe(const Json& model, const std::string& where) : where_(where) {
  const std::string type = model.is_object() ? model.value("type", "") : "";
  if (type != "BPE")
    throw Error("the model '" + type + "' is not supported", where, "only byte-level BPE is");
  for (const char* name :
       {"dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback"})
    if (given(model, name))
      throw Error(std::string("a BPE with ") + name + " is not supported", where,
                  "a model with byte_fallback usually comes with a tokenizer.model: give that");
  ignore_merges_ = model.value("ignore_merges", false);
  read_vocabulary(model.at("vocab"));
  read_merges(model.at("merges"));
}

void Bpe::read_vocabulary(const Json& vocab) {
  if (!vocab.is_object() || vocab.empty())
    throw Error("model.vocab is not an object of tokens and ids", where_);
  byte_ids_.fill(-1);
  std::vector<bool> seen;
  for (const auto& [token, value] : vocab.items()) {
    const int64_t id = value.is_number_integer() ? value.get<int64_t>() : -1;
    if (id < 0 || id >= kMaxId)
      throw Error(
          "the id of token '" + token + "' is not a number from 0 to " + std::to_string(kMaxId - 1),
          where_);
    const auto at = static_cast<size_t>(id);
    if (at >= pieces_.size()) pieces_.resize(at + 1), seen.resize(at + 1);
    if (seen[at]) throw Error("two tokens have the id " + std::to_string(id), where_);
    seen[at] = true;
    const auto text = spelled_bytes(token);
    if (!text || text->empty()) continue;
    pieces_[at] = *text;
    id_of_[*text] = static_cast<int32_t>(id);
    if (text->size() == 1)
      byte_ids_[static_cast<unsigned char>((*text)[0])] = static_cast<int32_t>(id);
  }
}

void Bpe::read_merges(const Json& merges) {
  if (!merges.is_array()) throw Error("model.merges is not a list", where_);
  uint32_t rank = 0;
  for (const Json& entry : merges) {
    std::string a, b;
    if (entry.is_string()) {
      const auto text = entry.get<std::string>();
      const size_t space = text.find(' ');
      a = text.substr(0, space);
      if (space != std::string::npos) b = text.substr(space + 1);
    } else if (entry.is_array() && entry.size() == 2) {
      a = entry[0].get<std::string>();
      b = entry[1].get<std::string>();
    }
    const auto left = spelled_bytes(a), right = spelled_bytes(b);
    const bool known = left && right && id_of_.count(*left) && id_of_.count(*right) &&
                       id_of_.count(*left + *right);
    if (!known)
      throw Error("merge " + std::to_string(rank) + " ('" + a + "' and '" + b +
                      "') does not join two tokens to a third",
                  where_, "take the tokenizer.json as it was published");
    merges_[key(id_of_[*left], id_of_[*right])] = {rank++, id_of_[*left + *right]};
  }
}

void Bpe::hide(int32_t id) {
  if (static_cast<size_t>(id) >= pieces_.size()) pieces_.resize(static_cast<size_t>(id) + 1);
  std::string& piece = pieces_[static_cast<size_t>(id)];
  id_of_.erase(piece);
  piece.clear();
  std::erase_if(merges_, [&](const auto& merge) { return merge.second.id == id; });
}

void Bpe::encode(std::string_view piece, std::vector<int32_t>& ids) const {
  if (ignore_merges_)
    if (const auto it = id_of_.find(std::string(piece)); it != id_of_.end()) {
      ids.push_back(it->second);
      return;
    }
  std::vector<int32_t> word;
  word.reserve(piece.size());
  for (unsigned char byte : piece) {
    if (byte_ids_[byte] < 0)
      throw Error("the vocabulary has no token for byte " + std::to_string(byte), where_,
                  "leave out the text that holds it, or take another tokenizer");
    word.push_back(byte_ids_[byte]);
  }
  merge(word);
  ids.insert(ids.end(), word.begin(), word.end());
}

// Applies the merge of lowest rank first, and the leftmost of equal ranks. Uses a heap, so that a
// piece of n bytes takes n log n steps.
void Bpe::merge(std::vector<int32_t>& word) const {
  struct Candidate {
    uint32_t rank;
    size_t left, right;
    int32_t a, b, id;
    bool operator<(const Candidate& other) const {
      return std::pair(rank, left) > std::pair(other.rank, other.left);
    }
  };
  const size_t n = word.size();
  std::vector<size_t> next(n), previous(n);
  std::priority_queue<Candidate> heap;
  auto offer = [&](size_t left, size_t right) {
    if (const auto it = merges_.find(key(word[left], word[right])); it != merges_.end())
      heap.push({it->second.rank, left, right, word[left], word[right], it->second.id});
  };
  for (size_t i = 0; i < n; ++i) next[i] = i + 1, previous[i] = i - 1;
  for (size_t i = 0; i + 1 < n; ++i) offer(i, i + 1);
  while (!heap.empty()) {
    const Candidate c = heap.top();
    heap.pop();
    if (word[c.left] != c.a || word[c.right] != c.b || next[c.left] != c.right) continue;
    word[c.left] = c.id;
    word[c.right] = -1;
    next[c.left] = next[c.right];
    if (next[c.left] < n) {
      previous[next[c.left]] = c.left;
      offer(c.left, next[c.left]);
    }
    if (c.left > 0) offer(previous[c.left], c.left);
  }
  std::erase(word, -1);
}

}  // namespace sinkmoe::data
