#include "data/hf_tokenizer/bpe.h"

#include <algorithm>
#include <optional>
#include <queue>
#include <unordered_set>

#include "core/error.h"
#include "data/hf_tokenizer/spelling.h"
#include "data/hf_tokenizer/steps/metaspace.h"

namespace sinkmoe::data {

namespace {

using Json = nlohmann::json;

// The two tokens of a merge: "a b" or ["a", "b"].
std::optional<std::pair<std::string, std::string>> merged_pair(const Json& entry) {
  if (entry.is_string()) {
    const auto text = entry.get<std::string>();
    const size_t space = text.find(' ');
    if (space == std::string::npos) return {};
    return {{text.substr(0, space), text.substr(space + 1)}};
  }
  if (!entry.is_array() || entry.size() != 2 || !entry[0].is_string() || !entry[1].is_string())
    return {};
  return {{entry[0].get<std::string>(), entry[1].get<std::string>()}};
}

// True if a U+2581 follows another character.
bool spans_words(const std::string& token) {
  const std::string_view mark = kMetaspace;
  for (size_t at = 0; (at = token.find(mark, at)) != std::string::npos; at += mark.size())
    if (at >= mark.size() ? token.compare(at - mark.size(), mark.size(), mark) != 0 : at > 0)
      return true;
  return false;
}

size_t character_bytes(char first) {
  const auto byte = static_cast<unsigned char>(first);
  return byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
}

}  // namespace

Bpe::Bpe(JsonReader model, bool byte_level, const std::vector<AddedToken>& added)
    : where_(model.where()), byte_level_(byte_level) {
  // Older files do not name the type.
  if (const std::string type = model.text("type", "BPE"); type != "BPE")
    model.refuse("type", "is '" + type + "', which is not supported", "only BPE is");
  // Dropout is for training. A prefix or suffix of words comes with tokens that are not bytes.
  if (const Json* dropout = model.value("dropout"); dropout && *dropout != 0)
    model.refuse("dropout", "is set", "take the tokenizer.json as it was published");
  for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"})
    if (!model.text(key, "").empty()) model.refuse(key, "is set, which is not supported");
  ignore_merges_ = model.boolean("ignore_merges", false);
  if (!model.boolean("byte_fallback", false) && !byte_level)
    model.refuse("byte_fallback", "is not set and the pre_tokenizer does not end with ByteLevel",
                 "characters outside the vocabulary would be lost");
  model.ignore({"unk_token", "fuse_unk"});  // every byte has a token
  const Ids id_of_token = read_vocabulary(*model.value("vocab", true));
  fill_tables();
  read_merges(*model.value("merges", true), id_of_token);
  add(added, id_of_token);
  model.finish();
}

Bpe::Ids Bpe::read_vocabulary(const Json& vocab) {
  if (!vocab.is_object() || vocab.empty())
    throw Error("'vocab' is not an object of tokens and ids", where_);
  Ids id_of_token;
  std::vector<bool> seen;
  for (const auto& [token, value] : vocab.items()) {
    const std::optional<int32_t> id = token_id(value);
    if (!id)
      throw Error("the id of token '" + token + "' is not a number from 0 to " +
                      std::to_string(kMaxTokens - 1),
                  where_ + ": vocab");
    const auto at = static_cast<size_t>(*id);
    if (at >= pieces_.size()) pieces_.resize(at + 1), seen.resize(at + 1);
    if (seen[at]) throw Error("two tokens have the id " + std::to_string(*id), where_ + ": vocab");
    seen[at] = true;
    id_of_token[token] = *id;
    pieces_[at] = byte_level_ ? spelled_bytes(token).value_or("") : token;
  }
  byte_ids_.fill(-1);
  fallback_.resize(pieces_.size());
  if (byte_level_) return id_of_token;
  for (int byte = 0; byte < 256; ++byte) {
    const std::string token = fallback_token(static_cast<unsigned char>(byte));
    const auto it = id_of_token.find(token);
    if (it == id_of_token.end())
      throw Error("byte_fallback without a token '" + token + "'", where_ + ": vocab",
                  "it needs a token for each of the 256 bytes");
    byte_ids_[static_cast<size_t>(byte)] = it->second;
    pieces_[static_cast<size_t>(it->second)] = std::string(1, static_cast<char>(byte));
    fallback_[static_cast<size_t>(it->second)] = true;
  }
  return id_of_token;
}

// What encode() looks up: single bytes or characters, and whole pieces if merges may be ignored.
void Bpe::fill_tables() {
  for (size_t id = 0; id < pieces_.size(); ++id) {
    const std::string& piece = pieces_[id];
    if (piece.empty() || fallback_[id]) continue;
    const bool character = piece.size() == (byte_level_ ? 1 : character_bytes(piece[0]));
    if (byte_level_ && character)
      byte_ids_[static_cast<unsigned char>(piece[0])] = static_cast<int32_t>(id);
    if (ignore_merges_ || (character && !byte_level_)) id_of_[piece] = static_cast<int32_t>(id);
  }
}

void Bpe::read_merges(const Json& merges, const Ids& id_of_token) {
  if (!merges.is_array()) throw Error("'merges' is not a list", where_);
  keeps_words_ = !byte_level_ && !ignore_merges_;
  uint32_t rank = 0;
  for (const Json& entry : merges) {
    const std::string place = where_ + ": merges[" + std::to_string(rank) + "]";
    const auto pair = merged_pair(entry);
    if (!pair) throw Error("is not a pair of tokens", place);
    const auto& [a, b] = *pair;
    const auto left = id_of_token.find(a), right = id_of_token.find(b),
               joined = id_of_token.find(a + b);
    for (const auto& [it, token] : {std::pair(left, a), {right, b}, {joined, a + b}})
      if (it == id_of_token.end())
        throw Error(
            "'" + a + "' and '" + b + "' are merged, but '" + token + "' is not in the vocabulary",
            place, "take the tokenizer.json as it was published");
    merges_[key(left->second, right->second)] = {rank++, joined->second};
    if (keeps_words_ && spans_words(a + b)) keeps_words_ = false;
  }
}

void Bpe::add(const std::vector<AddedToken>& added, const Ids& id_of_token) {
  std::unordered_set<int32_t> used;
  for (const auto& [token, id] : id_of_token) used.insert(id);
  std::unordered_set<int32_t> hidden;
  for (const AddedToken& token : added) {
    const auto it = id_of_token.find(token.content);
    const bool known = it != id_of_token.end();
    if (known ? it->second != token.id : used.contains(token.id))
      throw Error("the added token '" + token.content + "' has the id " + std::to_string(token.id) +
                      (known ? ", in the vocabulary " + std::to_string(it->second)
                             : ", which is that of another token"),
                  where_, "take the tokenizer.json as it was published");
    const auto at = static_cast<size_t>(token.id);
    if (at >= pieces_.size()) pieces_.resize(at + 1);
    if (!token.special) {
      if (pieces_[at].empty()) pieces_[at] = token.content;
    } else if (pieces_[at].size() > 1) {
      hidden.insert(token.id);
      id_of_.erase(pieces_[at]);
      pieces_[at].clear();
    }
  }
  std::erase_if(merges_, [&](const auto& merge) { return hidden.contains(merge.second.id); });
}

void Bpe::encode(std::string_view piece, std::vector<int32_t>& ids) const {
  constexpr size_t kShort = 32;
  if (ignore_merges_)
    if (const auto it = id_of_.find(std::string(piece)); it != id_of_.end()) {
      ids.push_back(it->second);
      return;
    }
  std::vector<int32_t> word;
  start(piece, word);
  word.size() <= kShort ? merge_short(word) : merge_long(word);
  ids.insert(ids.end(), word.begin(), word.end());
}

// The ids of single bytes or characters.
void Bpe::start(std::string_view piece, std::vector<int32_t>& word) const {
  word.reserve(piece.size());
  for (size_t at = 0; at < piece.size();) {
    const size_t n = byte_level_ ? 1 : std::min(character_bytes(piece[at]), piece.size() - at);
    const std::string_view symbol = piece.substr(at, n);
    at += n;
    if (!byte_level_)
      if (const auto it = id_of_.find(std::string(symbol)); it != id_of_.end()) {
        word.push_back(it->second);
        continue;
      }
    for (const char c : symbol) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte_ids_[byte] < 0)
        throw Error("the vocabulary has no token for byte " + std::to_string(byte), where_,
                    "leave out the text that holds it, or take another tokenizer");
      word.push_back(byte_ids_[byte]);
    }
  }
}

// Applies the merge of lowest rank first, and the leftmost of equal ranks.
void Bpe::merge_short(std::vector<int32_t>& word) const {
  while (word.size() > 1) {
    const Merge* best = nullptr;
    size_t at = 0;
    for (size_t i = 0; i + 1 < word.size(); ++i)
      if (const auto it = merges_.find(key(word[i], word[i + 1]));
          it != merges_.end() && (!best || it->second.rank < best->rank))
        best = &it->second, at = i;
    if (!best) return;
    word[at] = best->id;
    word.erase(word.begin() + static_cast<std::ptrdiff_t>(at) + 1);
  }
}

// The same with a heap, so that a piece of n bytes takes n log n steps.
void Bpe::merge_long(std::vector<int32_t>& word) const {
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
