#include "data/hf_tokenizer/hf_tokenizer.h"

#include <utf8proc.h>

#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/text/utf8.h"
#include "data/hf_tokenizer/bpe.h"
#include "data/hf_tokenizer/pre_tokenizer.h"
#include "data/tokens/tokenizer.h"

namespace sinkmoe::data {

namespace fs = std::filesystem;

namespace {

using Json = nlohmann::json;

constexpr int kMaxDepth = 32;
constexpr int64_t kMaxAddedId = 1 << 22;

Json parse_json(const std::string& text, const std::string& where) {
  auto limit = [&](int depth, Json::parse_event_t, Json&) {
    if (depth > kMaxDepth)
      throw Error("nested more than " + std::to_string(kMaxDepth) + " deep", where);
    return true;
  };
  try {
    return Json::parse(text, limit);
  } catch (const Json::exception& e) {
    throw Error("not JSON: " + std::string(e.what()), where, "is the download complete?");
  }
}

// True if the normalizer is NFC; false if it does nothing.
bool read_normalizer(const Json& json, const std::string& where) {
  if (json.is_null()) return false;
  const std::string type = json.is_object() ? json.value("type", "") : "";
  if (type == "NFC") return true;
  if (type != "Sequence")
    throw Error("the normalizer '" + type + "' is not supported", where, "known: NFC, Sequence");
  bool nfc = false;
  for (const Json& step : json.at("normalizers")) nfc = read_normalizer(step, where) || nfc;
  return nfc;
}

std::string to_nfc(std::string_view text, const std::string& where) {
  utf8proc_uint8_t* made = nullptr;
  const utf8proc_ssize_t n =
      utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                   static_cast<utf8proc_ssize_t>(text.size()), &made,
                   static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE));
  if (n < 0) throw Error("NFC failed: " + std::string(utf8proc_errmsg(n)), where);
  std::string result(reinterpret_cast<const char*>(made), static_cast<size_t>(n));
  std::free(made);
  return result;
}

// True if the post_processor puts a special token before a single text.
bool starts_with_special_token(const Json& json) {
  if (!json.is_object()) return false;
  if (json.value("type", "") == "Sequence")
    for (const Json& step : json.at("processors"))
      if (starts_with_special_token(step)) return true;
  if (json.value("type", "") != "TemplateProcessing") return false;
  const Json& single = json.at("single");
  return !single.empty() && single.at(0).contains("SpecialToken");
}

}  // namespace

struct HfTokenizer::State {
  State(const Json& json, const std::string& path)
      : where(path),
        nfc(read_normalizer(json.value("normalizer", Json()), path)),
        pre_tokenizer(read_pre_tokenizer(json.value("pre_tokenizer", Json()), path)),
        bpe(json.at("model"), path) {
    if (!has_byte_level(json.at("pre_tokenizer")))
      throw Error("the pre_tokenizer does not end with ByteLevel", path,
                  "only byte-level BPE is supported");
    for (const Json& token : json.value("added_tokens", Json::array())) {
      const auto id = token.at("id").get<int64_t>();
      if (id < 0 || id >= kMaxAddedId) throw Error("an added token has no possible id", path);
      bpe.hide(static_cast<int32_t>(id));
      added[token.at("content").get<std::string>()] = static_cast<int32_t>(id);
    }
  }

  std::optional<int32_t> named(const Json& config, const char* name) const {
    Json token = config.value(name, Json());
    if (token.is_object()) token = token.value("content", Json());
    if (!token.is_string()) return {};
    const auto it = added.find(token.get<std::string>());
    if (it == added.end())
      throw Error(
          std::string(name) + " is '" + token.get<std::string>() + "', which is not an added token",
          where, "are tokenizer.json and tokenizer_config.json of one model?");
    return it->second;
  }

  std::string where, hash;
  bool nfc;
  std::unique_ptr<PreTokenizer> pre_tokenizer;
  Bpe bpe;
  std::map<std::string, int32_t> added;
  std::optional<int32_t> bos, eos;
  bool adds_bos = false;
};

HfTokenizer::HfTokenizer(const std::string& json, const std::string& config,
                         const std::string& where) {
  const Json parsed = parse_json(json, where);
  if (!parsed.is_object()) throw Error("not a JSON object", where);
  try {
    state_ = std::make_unique<State>(parsed, where);
    state_->adds_bos = starts_with_special_token(parsed.value("post_processor", Json()));
    if (!config.empty()) {
      const Json names = parse_json(config, where + " (tokenizer_config.json)");
      state_->bos = state_->named(names, "bos_token");
      state_->eos = state_->named(names, "eos_token");
      if (const Json adds = names.value("add_bos_token", Json()); adds.is_boolean())
        state_->adds_bos = adds.get<bool>();
    }
  } catch (const Json::exception& e) {  // a missing key, or one of another type
    throw Error("not a tokenizer.json: " + std::string(e.what()), where,
                "take the file as it was published");
  }
  state_->hash = sha256_hex(json);
}

HfTokenizer::~HfTokenizer() = default;

int64_t HfTokenizer::vocabulary() const { return static_cast<int64_t>(pieces().size()); }
const std::vector<std::string>& HfTokenizer::pieces() const { return state_->bpe.pieces(); }
std::optional<int32_t> HfTokenizer::bos() const { return state_->bos; }
std::optional<int32_t> HfTokenizer::eos() const { return state_->eos; }
bool HfTokenizer::adds_bos() const { return state_->adds_bos; }
const std::string& HfTokenizer::hash() const { return state_->hash; }
bool HfTokenizer::normalizes() const { return state_->nfc; }

void HfTokenizer::encode(std::string_view text, std::vector<int32_t>& ids) const {
  size_t bad = 0;
  if (!valid_utf8(text, &bad))
    throw Error("not UTF-8", "byte " + std::to_string(bad) + " of the text",
                "convert it to UTF-8, e.g. with iconv");
  std::string normal;
  if (state_->nfc) text = normal = to_nfc(text, state_->where);
  constexpr size_t kLongest = 32;
  std::unordered_map<std::string_view, std::vector<int32_t>> known;  // views of `text`
  state_->pre_tokenizer->split(text, [&](std::string_view piece) {
    if (piece.size() > kLongest) return state_->bpe.encode(piece, ids);
    const auto [it, fresh] = known.try_emplace(piece);
    if (fresh) state_->bpe.encode(piece, it->second);
    ids.insert(ids.end(), it->second.begin(), it->second.end());
  });
}

std::string HfTokenizer::decode(std::span<const int32_t> ids) const {
  return sinkmoe::data::decode(pieces(), ids);
}

std::unique_ptr<HfTokenizer> open_hf_tokenizer(const fs::path& path) {
  const fs::path file = fs::is_directory(path) ? path / "tokenizer.json" : path;
  const fs::path config = file.parent_path() / "tokenizer_config.json";
  const std::string json = read_file(file, kMaxTokenizerBytes);
  return std::make_unique<HfTokenizer>(
      json, fs::exists(config) ? read_file(config, kMaxTokenizerBytes) : "", file.string());
}

}  // namespace sinkmoe::data
