#include "data/hf_tokenizer/added_tokens.h"

#include <algorithm>
#include <unordered_set>

#include "core/error.h"

namespace sinkmoe::data {

std::optional<int32_t> token_id(const nlohmann::json& value) {
  if (!value.is_number_integer()) return {};
  if (value.is_number_unsigned() && value.get<uint64_t>() >= uint64_t{kMaxTokens}) return {};
  const auto id = value.get<int64_t>();
  return id < 0 || id >= kMaxTokens ? std::nullopt : std::optional(static_cast<int32_t>(id));
}

std::vector<AddedToken> read_added_tokens(JsonReader& json) {
  std::vector<AddedToken> out;
  std::unordered_set<int32_t> ids;
  std::unordered_set<std::string> contents;
  for (JsonReader& token : json.objects("added_tokens")) {
    const nlohmann::json* value = token.value("id", true);
    const std::optional<int32_t> id = token_id(*value);
    if (!id) token.refuse("id", "is not a number from 0 to " + std::to_string(kMaxTokens - 1));
    AddedToken made{
        .id = *id, .content = token.text("content"), .special = token.boolean("special", false)};
    made.normalized = token.boolean("normalized", !made.special);
    if (made.content.empty()) token.refuse("content", "is empty");
    if (!ids.insert(made.id).second) token.refuse("id", "is that of another added token");
    if (!contents.insert(made.content).second)
      token.refuse("content", "is that of another added token");
    for (const char* key : {"single_word", "lstrip", "rstrip"})
      if (token.boolean(key, false) && !made.special)
        token.refuse(key, "is set for a token that is not special, which is not supported");
    token.finish();
    out.push_back(std::move(made));
  }
  return out;
}

void TokenFinder::add(const std::string& content, int32_t id, bool special) {
  if (content.empty()) return;
  tokens_[content] = {id, special};
  std::vector<size_t>& lengths = lengths_[static_cast<unsigned char>(content[0])];
  const auto at = std::lower_bound(lengths.begin(), lengths.end(), content.size(), std::greater());
  if (at == lengths.end() || *at != content.size()) lengths.insert(at, content.size());
  any_ = any_ || !special;
}

void TokenFinder::split(std::string_view text, const Take& take) const {
  size_t taken = 0;
  for (size_t at = 0; any_ && at < text.size();) {
    const Token* found = nullptr;
    size_t length = 1;
    for (const size_t n : lengths_[static_cast<unsigned char>(text[at])]) {
      if (n > text.size() - at) continue;
      const auto it = tokens_.find(std::string(text.substr(at, n)));
      if (it == tokens_.end()) continue;
      found = &it->second, length = n;
      break;
    }
    if (found && !found->special) {
      if (at > taken) take(text.substr(taken, at - taken), {});
      take(text.substr(at, length), found->id);
      taken = at + length;
    }
    at += length;  // the library skips the whole of a special token, too
  }
  if (taken < text.size()) take(text.substr(taken), {});
}

}  // namespace sinkmoe::data
