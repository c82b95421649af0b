#include "data/hf_tokenizer/hf_tokenizer.h"

#include <deque>
#include <unordered_map>

#include "core/error.h"
#include "core/file.h"
#include "core/hash.h"
#include "core/text/utf8.h"
#include "data/hf_tokenizer/bpe.h"
#include "data/hf_tokenizer/steps/decoder.h"
#include "data/hf_tokenizer/steps/metaspace.h"
#include "data/hf_tokenizer/steps/post_processor.h"
#include "data/hf_tokenizer/steps/pre_tokenizer.h"
#include "data/tokens/tokenizer.h"

namespace sinkmoe::data {

namespace fs = std::filesystem;

namespace {

using Json = nlohmann::json;

constexpr uint64_t kMaxText = uint64_t{1} << 30;

// The ids of the pieces of a text that were met before. Views of the text.
class KnownPieces {
 public:
  explicit KnownPieces(const Bpe& bpe) : bpe_(bpe) {}

  void encode(std::string_view piece, std::vector<int32_t>& ids) {
    constexpr size_t kLongest = 32, kMost = size_t{1} << 18;  // about 20 MB
    if (piece.size() > kLongest) return bpe_.encode(piece, ids);
    const auto it = places_.find(piece);
    if (it != places_.end()) {
      const auto from = ids_.begin() + it->second.from;
      ids.insert(ids.end(), from, from + it->second.count);
      return;
    }
    const size_t before = ids.size();
    bpe_.encode(piece, ids);
    if (places_.size() >= kMost) return;
    places_[piece] = {static_cast<int32_t>(ids_.size()), static_cast<int32_t>(ids.size() - before)};
    ids_.insert(ids_.end(), ids.begin() + static_cast<std::ptrdiff_t>(before), ids.end());
  }

 private:
  struct Place {
    int32_t from, count;
  };
  const Bpe& bpe_;
  std::unordered_map<std::string_view, Place> places_;
  std::vector<int32_t> ids_;
};

}  // namespace

struct HfTokenizer::State {
  State(JsonReader& json, const Json* config, const std::string& hash_of_file)
      : where(json.where()), hash(hash_of_file), added(read_added_tokens(json)) {
    if (json.has("normalizer")) read_normalizer(json.object("normalizer"), normalizer);
    if (json.has("pre_tokenizer")) pre_tokenizer = read_pre_tokenizer(json.object("pre_tokenizer"));
    bpe = std::make_unique<Bpe>(json.object("model"), pre_tokenizer.byte_level, added);
    if (bpe->keeps_words())
      pre_tokenizer.cuts.push_back({regex_pattern("(?:" + std::string(kMetaspace) + ")+", where),
                                    SplitBehavior::merged_with_next});
    if (json.has("decoder")) decoder = read_decoder(json.object("decoder"));
    for (const std::string& piece : bpe->pieces()) pieces.push_back(decoder.text_of(piece));
    if (json.has("post_processor"))
      adds_bos = puts_special_token_first(json.object("post_processor"));
    // A corpus is neither cut nor padded.
    json.ignore({"version", "truncation", "padding"});
    json.finish();
    for (const AddedToken& token : added)
      token.normalized
          ? in_normal.add(changed(normalizer, token.content, true).text, token.id, token.special)
          : in_text.add(token.content, token.id, token.special);
    if (config) read_config(*config);
  }

  void read_config(const Json& config) {
    const std::string place = where + " (tokenizer_config.json)";
    JsonReader names(config, place);
    bos = named(names, "bos_token");
    eos = named(names, "eos_token");
    adds_bos = names.boolean("add_bos_token", adds_bos);
  }

  std::optional<int32_t> named(JsonReader& config, const char* key) const {
    const Json* value = config.value(key);
    if (!value) return {};
    const std::string name =
        value->is_object() ? config.object(key).text("content") : config.text(key);
    for (const AddedToken& token : added)
      if (token.content == name) return token.id;
    config.refuse(key, "is '" + name + "', which is not an added token",
                  "are tokenizer.json and tokenizer_config.json of one model?");
  }

  // Appends the ids of a stretch of the text without added tokens of the first kind.
  class Encoding;

  std::string where, hash;
  std::vector<AddedToken> added;
  Changes normalizer;
  PreTokenizer pre_tokenizer;
  std::unique_ptr<Bpe> bpe;
  Decoder decoder;
  std::vector<std::string> pieces;
  TokenFinder in_text, in_normal;  // added tokens, before and after normalization
  std::optional<int32_t> bos, eos;
  bool adds_bos = false;
};

// One call of encode().
class HfTokenizer::State::Encoding {
 public:
  Encoding(const State& state, std::string_view text)
      : state_(state), text_(text), known_(*state.bpe) {}

  EncodedText run() {
    state_.in_text.split(text_, [&](std::string_view part, std::optional<int32_t> id) {
      const auto begin = static_cast<size_t>(part.data() - text_.data());
      id ? add(*id, begin + part.size()) : normalize(part, begin);
    });
    // Bytes that a Split removes at the end belong to the last id.
    if (!made_.bytes.empty()) made_.bytes.back() += static_cast<uint32_t>(text_.size() - taken_);
    return std::move(made_);
  }

 private:
  void add(int32_t id, size_t end) {
    made_.ids.push_back(id);
    made_.bytes.push_back(static_cast<uint32_t>(end - taken_));
    taken_ = end;
  }

  void normalize(std::string_view part, size_t begin) {
    const AlignedText& normal = keep(state_.normalizer, part, begin == 0);
    const std::string_view text = normal.text;
    state_.in_normal.split(text, [&](std::string_view piece, std::optional<int32_t> id) {
      const auto at = static_cast<size_t>(piece.data() - text.data());
      id ? add(*id, begin + normal.original(at + piece.size()))
         : cut(piece, [&, at](size_t end) { return begin + normal.original(at + end); });
    });
  }

  // `original(at)` is the place in the text where byte `at` of `part` comes from.
  template <class Original>
  void cut(std::string_view part, const Original& original) {
    const AlignedText& changed = keep(state_.pre_tokenizer.changes, part, original(0) == 0);
    const std::string_view text = changed.text;
    state_.pre_tokenizer.split(text, [&](std::string_view piece) {
      size_t at = static_cast<size_t>(piece.data() - text.data()), n = made_.ids.size();
      known_.encode(piece, made_.ids);
      for (; n < made_.ids.size(); ++n) {
        at += state_.bpe->pieces()[static_cast<size_t>(made_.ids[n])].size();
        const size_t end = original(changed.original(at));
        made_.bytes.push_back(static_cast<uint32_t>(end - taken_));
        taken_ = end;
      }
    });
  }

  // Changed texts live as long as the views of them in known_.
  const AlignedText& keep(const Changes& changes, std::string_view text, bool starts) {
    return texts_.emplace_back(changed(changes, text, starts));
  }

  const State& state_;
  std::string_view text_;
  size_t taken_ = 0;  // bytes that have an id
  std::deque<AlignedText> texts_;
  KnownPieces known_;
  EncodedText made_;
};

HfTokenizer::HfTokenizer(const std::string& json, const std::string& config,
                         const std::string& where) {
  const Json parsed = parse_json(json, where);
  JsonReader reader(parsed, where);
  const Json names =
      config.empty() ? Json() : parse_json(config, where + " (tokenizer_config.json)");
  state_ = std::make_unique<State>(reader, config.empty() ? nullptr : &names, sha256_hex(json));
}

HfTokenizer::~HfTokenizer() = default;

int64_t HfTokenizer::vocabulary() const { return static_cast<int64_t>(pieces().size()); }
const std::vector<std::string>& HfTokenizer::pieces() const { return state_->pieces; }
std::optional<int32_t> HfTokenizer::bos() const { return state_->bos; }
std::optional<int32_t> HfTokenizer::eos() const { return state_->eos; }
bool HfTokenizer::adds_bos() const { return state_->adds_bos; }
const std::string& HfTokenizer::hash() const { return state_->hash; }

EncodedText HfTokenizer::encode(std::string_view text) const {
  size_t bad = 0;
  if (!valid_utf8(text, &bad))
    throw Error("not UTF-8", "byte " + std::to_string(bad) + " of the text",
                "convert it to UTF-8, e.g. with iconv");
  if (text.size() > kMaxText)
    throw Error("has more than " + std::to_string(kMaxText >> 20) + " MB", "the text",
                "cut it into several");
  return State::Encoding(*state_, text).run();
}

std::string HfTokenizer::decode(std::span<const int32_t> ids) const {
  std::string text = sinkmoe::data::decode(pieces(), ids);
  const std::string& prefix = state_->decoder.prefix;
  return !prefix.empty() && text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

std::unique_ptr<HfTokenizer> open_hf_tokenizer(const fs::path& path) {
  const fs::path file = fs::is_directory(path) ? path / "tokenizer.json" : path;
  const fs::path config = file.parent_path() / "tokenizer_config.json";
  const std::string json = read_file(file, kMaxTokenizerBytes);
  return std::make_unique<HfTokenizer>(
      json, fs::exists(config) ? read_file(config, kMaxTokenizerBytes) : "", file.string());
}

}  // namespace sinkmoe::data
