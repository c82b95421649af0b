#include "data/hf_tokenizer/pre_tokenizer.h"

#include <oniguruma.h>
#include <utf8proc.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text/utf8.h"

namespace sinkmoe::data {

namespace {

using Json = nlohmann::json;

// What ByteLevel cuts at (GPT-2).
constexpr const char* kByteLevelPattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr size_t kMaxPattern = 4096;

const OnigUChar* bytes(const char* text) { return reinterpret_cast<const OnigUChar*>(text); }

std::string onig_message(int code, OnigErrorInfo* info) {
  OnigUChar text[ONIG_MAX_ERROR_MESSAGE_LEN];
  const int length = onig_error_code_to_str(text, code, info);
  return {reinterpret_cast<const char*>(text), static_cast<size_t>(length)};
}

// The tokenizers library compiles its patterns with Oniguruma's Ruby syntax, too.
class RegexSplit : public PreTokenizer {
 public:
  RegexSplit(const std::string& pattern, const std::string& where) : where_(where) {
    static const int ready = [] {
      OnigEncoding encodings[] = {ONIG_ENCODING_UTF8};
      return onig_initialize(encodings, 1);
    }();
    OnigErrorInfo info{};
    const OnigUChar* begin = bytes(pattern.data());
    OnigRegex made = nullptr;
    const int code = ready != ONIG_NORMAL
                         ? ready
                         : onig_new(&made, begin, begin + pattern.size(), ONIG_OPTION_NONE,
                                    ONIG_ENCODING_UTF8, ONIG_SYNTAX_RUBY, &info);
    if (code != ONIG_NORMAL)
      throw Error(
          "the pattern '" + pattern + "' is not a regular expression: " + onig_message(code, &info),
          where_, "take the tokenizer.json as it was published");
    regex_.reset(made);
  }

  void split(std::string_view text, const Take& take) const override {
    const std::unique_ptr<OnigRegion, FreeRegion> region(onig_region_new());
    const OnigUChar* begin = bytes(text.data());
    const OnigUChar* end = begin + text.size();
    size_t taken = 0, from = 0;  // a piece starts at `taken`, the search at `from`
    while (from < text.size()) {
      const int at =
          onig_search(regex_.get(), begin, end, begin + from, end, region.get(), ONIG_OPTION_NONE);
      if (at == ONIG_MISMATCH) break;
      if (at < 0)
        throw Error("the pattern cannot be matched: " + onig_message(at, nullptr),
                    where_ + ": byte " + std::to_string(from) + " of the text");
      const auto first = static_cast<size_t>(region->beg[0]);
      const auto last = static_cast<size_t>(region->end[0]);
      if (first == last) {  // an empty match cuts nothing
        from = character_start(text, first + 1);
        continue;
      }
      if (first > taken) take(text.substr(taken, first - taken));
      take(text.substr(first, last - first));
      taken = from = last;
    }
    if (taken < text.size()) take(text.substr(taken));
  }

 private:
  struct FreeRegex {
    void operator()(OnigRegex regex) const { onig_free(regex); }
  };
  struct FreeRegion {
    void operator()(OnigRegion* region) const { onig_region_free(region, 1); }
  };
  std::unique_ptr<std::remove_pointer_t<OnigRegex>, FreeRegex> regex_;
  std::string where_;
};

class Digits : public PreTokenizer {
 public:
  explicit Digits(bool individual) : individual_(individual) {}

  void split(std::string_view text, const Take& take) const override {
    size_t taken = 0;
    bool in_digits = false;
    for (size_t at = 0; at < text.size();) {
      utf8proc_int32_t character = 0;
      const auto n = static_cast<size_t>(utf8proc_iterate(
          bytes(text.data()) + at, static_cast<utf8proc_ssize_t>(text.size() - at), &character));
      const bool digit = is_number(character);
      if (at > taken && (digit != in_digits || (digit && individual_))) {
        take(text.substr(taken, at - taken));
        taken = at;
      }
      in_digits = digit;
      at += n;
    }
    if (taken < text.size()) take(text.substr(taken));
  }

 private:
  static bool is_number(utf8proc_int32_t character) {
    if (character < 128) return character >= '0' && character <= '9';
    const utf8proc_category_t category = utf8proc_category(character);
    return category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_NL ||
           category == UTF8PROC_CATEGORY_NO;
  }

  bool individual_;
};

class Whole : public PreTokenizer {
 public:
  void split(std::string_view text, const Take& take) const override {
    if (!text.empty()) take(text);
  }
};

class Sequence : public PreTokenizer {
 public:
  explicit Sequence(std::vector<std::unique_ptr<PreTokenizer>> steps) : steps_(std::move(steps)) {}
  void split(std::string_view text, const Take& take) const override { apply(0, text, take); }

 private:
  void apply(size_t step, std::string_view text, const Take& take) const {
    if (step == steps_.size()) return take(text);
    steps_[step]->split(text, [&](std::string_view piece) { apply(step + 1, piece, take); });
  }

  std::vector<std::unique_ptr<PreTokenizer>> steps_;
};

std::string quoted(const std::string& text) {
  std::string pattern;
  for (char c : text) {
    if (std::string_view("\\^$.|?*+()[]{}-&#").find(c) != std::string_view::npos) pattern += '\\';
    pattern += c;
  }
  return pattern;
}

std::unique_ptr<PreTokenizer> read_split(const Json& json, const std::string& where) {
  const std::string behavior = json.value("behavior", "");
  if (behavior != "Isolated")
    throw Error("Split with behavior '" + behavior + "' is not supported", where,
                "only Isolated keeps every byte in a piece of its own");
  const Json& pattern = json.at("pattern");
  const bool regex = pattern.contains("Regex");
  const auto text = pattern.at(regex ? "Regex" : "String").get<std::string>();
  if (text.empty() || text.size() > kMaxPattern)
    throw Error("a pattern of " + std::to_string(text.size()) + " bytes", where,
                "patterns have 1 to " + std::to_string(kMaxPattern) + " bytes");
  return std::make_unique<RegexSplit>(regex ? text : quoted(text), where);
}

std::unique_ptr<PreTokenizer> read_byte_level(const Json& json, const std::string& where) {
  if (json.value("add_prefix_space", true))
    throw Error("ByteLevel with add_prefix_space changes the text", where,
                "only add_prefix_space = false is supported");
  if (json.value("use_regex", true)) return std::make_unique<RegexSplit>(kByteLevelPattern, where);
  return std::make_unique<Whole>();
}

}  // namespace

std::unique_ptr<PreTokenizer> read_pre_tokenizer(const Json& json, const std::string& where) {
  const std::string type = json.is_object() ? json.value("type", "") : "";
  if (type == "ByteLevel") return read_byte_level(json, where);
  if (type == "Digits") return std::make_unique<Digits>(json.value("individual_digits", false));
  if (type == "Split") return read_split(json, where);
  if (type == "Sequence") {
    std::vector<std::unique_ptr<PreTokenizer>> steps;
    for (const Json& step : json.at("pretokenizers"))
      steps.push_back(read_pre_tokenizer(step, where));
    return std::make_unique<Sequence>(std::move(steps));
  }
  throw Error("the pre_tokenizer '" + type + "' is not supported", where,
              "known: ByteLevel, Digits, Split, Sequence");
}

bool has_byte_level(const Json& json) {
  if (!json.is_object()) return false;
  if (json.value("type", "") == "ByteLevel") return true;
  if (json.value("type", "") != "Sequence" || !json.contains("pretokenizers")) return false;
  const Json& steps = json.at("pretokenizers");
  return steps.is_array() && !steps.empty() && has_byte_level(steps.back());
}

}  // namespace sinkmoe::data
