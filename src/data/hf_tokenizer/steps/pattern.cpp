#include "data/hf_tokenizer/steps/pattern.h"

#include <oniguruma.h>
#include <utf8proc.h>

#include "core/error.h"
#include "core/text/utf8.h"

namespace sinkmoe::data {

namespace {

constexpr size_t kMaxPattern = 4096;
// Steps of one attempt at one place. Published expressions need a few per character.
constexpr unsigned long kMaxSteps = 1000000;

const OnigUChar* bytes(const char* text) { return reinterpret_cast<const OnigUChar*>(text); }

std::string onig_message(int code, OnigErrorInfo* info) {
  OnigUChar text[ONIG_MAX_ERROR_MESSAGE_LEN];
  const int length = onig_error_code_to_str(text, code, info);
  return {reinterpret_cast<const char*>(text), static_cast<size_t>(length)};
}

int start_onig() {
  OnigEncoding encodings[] = {ONIG_ENCODING_UTF8};
  const int code = onig_initialize(encodings, 1);
  if (code == ONIG_NORMAL) onig_set_retry_limit_in_match(kMaxSteps);
  return code;
}

class Regex : public Pattern {
 public:
  Regex(const std::string& pattern, const std::string& where) : where_(where) {
    static const int ready = start_onig();
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

  void find(std::string_view text, const Take& take) const override {
    const std::unique_ptr<OnigRegion, FreeRegion> region(onig_region_new());
    const OnigUChar* begin = bytes(text.data());
    const OnigUChar* end = begin + text.size();
    size_t last_end = text.size() + 1;  // of the last match; at first none
    for (size_t from = 0; from <= text.size();) {
      const int at =
          onig_search(regex_.get(), begin, end, begin + from, end, region.get(), ONIG_OPTION_NONE);
      if (at == ONIG_MISMATCH) return;
      if (at < 0)
        throw Error("the pattern cannot be matched: " + onig_message(at, nullptr),
                    where_ + ": byte " + std::to_string(from) + " of the text");
      const auto first = static_cast<size_t>(region->beg[0]);
      const auto last = static_cast<size_t>(region->end[0]);
      if (first == last && last == last_end) {
        if (from == text.size()) return;
        from = character_start(text, from + 1);
        continue;
      }
      from = last_end = last;
      take(first, last);
    }
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

class Literal : public Pattern {
 public:
  explicit Literal(std::string text) : text_(std::move(text)) {}
  void find(std::string_view text, const Take& take) const override {
    for (size_t at = 0; (at = text.find(text_, at)) != std::string_view::npos; at += text_.size())
      take(at, at + text_.size());
  }

 private:
  std::string text_;
};

class Numbers : public Pattern {
 public:
  void find(std::string_view text, const Take& take) const override {
    for (size_t at = 0; at < text.size();) {
      utf8proc_int32_t character = 0;
      const auto n = static_cast<size_t>(utf8proc_iterate(
          bytes(text.data()) + at, static_cast<utf8proc_ssize_t>(text.size() - at), &character));
      if (is_number(character)) take(at, at + n);
      at += n;
    }
  }

 private:
  static bool is_number(utf8proc_int32_t character) {
    if (character < 128) return character >= '0' && character <= '9';
    const utf8proc_category_t category = utf8proc_category(character);
    return category == UTF8PROC_CATEGORY_ND || category == UTF8PROC_CATEGORY_NL ||
           category == UTF8PROC_CATEGORY_NO;
  }
};

void check_size(const std::string& text, const std::string& where) {
  if (text.empty() || text.size() > kMaxPattern)
    throw Error("a pattern of " + std::to_string(text.size()) + " bytes", where,
                "patterns have 1 to " + std::to_string(kMaxPattern) + " bytes");
}

}  // namespace

std::unique_ptr<Pattern> regex_pattern(const std::string& expression, const std::string& where) {
  check_size(expression, where);
  return std::make_unique<Regex>(expression, where);
}

std::unique_ptr<Pattern> string_pattern(const std::string& text, const std::string& where) {
  check_size(text, where);
  return std::make_unique<Literal>(text);
}

std::unique_ptr<Pattern> number_pattern() { return std::make_unique<Numbers>(); }

std::unique_ptr<Pattern> read_pattern(JsonReader json) {
  const bool regex = json.has("Regex");
  const std::string text = json.text(regex ? "Regex" : "String");
  json.finish();
  return regex ? regex_pattern(text, json.where()) : string_pattern(text, json.where());
}

}  // namespace sinkmoe::data
