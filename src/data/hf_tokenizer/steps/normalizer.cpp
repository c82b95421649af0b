#include "data/hf_tokenizer/steps/normalizer.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>

#include "core/error.h"

namespace sinkmoe::data {

namespace {

constexpr size_t kMostGrowth = 16;
constexpr size_t kMaxAddition = 64;  // bytes that one change writes at one place

std::string read_addition(JsonReader& json, const std::string& key) {
  std::string text = json.text(key);
  if (text.size() > kMaxAddition)
    json.refuse(key, "has " + std::to_string(text.size()) + " bytes",
                "at most " + std::to_string(kMaxAddition) + " are supported");
  return text;
}

// Makes a changed text from left to right.
class Rewriter {
 public:
  explicit Rewriter(const AlignedText& from) : from_(from) {
    made_.text.reserve(from.text.size());
    made_.origin.reserve(from.text.size() + 1);
  }
  // Keeps everything up to `end`.
  void keep(size_t end) {
    for (size_t at = taken_; at < end; ++at) add(from_.text[at], from_.original(at));
    taken_ = end;
  }
  // Writes `by` instead of everything up to `end`.
  void replace(size_t end, std::string_view by) {
    for (size_t i = 0; i < by.size(); ++i) add(by[i], from_.original(std::min(taken_ + i, end)));
    taken_ = end;
  }
  AlignedText finish() {
    keep(from_.text.size());
    made_.origin.push_back(static_cast<uint32_t>(from_.original(taken_)));
    return std::move(made_);
  }

 private:
  void add(char byte, size_t origin) {
    made_.text += byte;
    made_.origin.push_back(static_cast<uint32_t>(origin));
  }
  const AlignedText& from_;
  AlignedText made_;
  size_t taken_ = 0;
};

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

// True for a character that never joins the one before it: neither a mark nor the second or third
// part of a Korean syllable.
bool stands_alone(utf8proc_int32_t character) {
  if (character < 0x300) return true;
  if (character >= 0x1160 && character < 0x1200) return false;
  const utf8proc_category_t category = utf8proc_category(character);
  return category != UTF8PROC_CATEGORY_MN && category != UTF8PROC_CATEGORY_MC &&
         category != UTF8PROC_CATEGORY_ME;
}

// The end of the group that starts at `at`: one character and those that may join it.
size_t group_end(std::string_view text, size_t at) {
  for (bool first = true; at < text.size(); first = false) {
    utf8proc_int32_t character = 0;
    const auto n = static_cast<size_t>(
        utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()) + at,
                         static_cast<utf8proc_ssize_t>(text.size() - at), &character));
    if (!first && stands_alone(character)) break;
    at += n;
  }
  return at;
}

class Nfc : public Change {
 public:
  explicit Nfc(std::string where) : where_(std::move(where)) {}
  void apply(AlignedText& text, bool) const override {
    const std::string whole = to_nfc(text.text, where_);
    if (whole == text.text) return;
    Rewriter grouped(text);
    for (size_t at = 0, end = 0; at < text.text.size(); at = end) {
      end = group_end(text.text, at);
      if (end - at > 1) {
        const std::string_view group = std::string_view(text.text).substr(at, end - at);
        grouped.keep(at);
        grouped.replace(end, to_nfc(group, where_));
      }
    }
    AlignedText made = grouped.finish();
    if (made.text != whole) {  // characters joined across groups: align only the ends
      Rewriter at_once(text);
      at_once.replace(text.text.size(), whole);
      made = at_once.finish();
    }
    text = std::move(made);
  }

 private:
  std::string where_;
};

class Replace : public Change {
 public:
  Replace(std::unique_ptr<Pattern> pattern, std::string by)
      : pattern_(std::move(pattern)), by_(std::move(by)) {}
  void apply(AlignedText& text, bool) const override {
    Rewriter rewriter(text);
    bool any = false;
    pattern_->find(text.text, [&](size_t begin, size_t end) {
      any = true;
      rewriter.keep(begin);
      rewriter.replace(end, by_);
    });
    if (any) text = rewriter.finish();
  }

 private:
  std::unique_ptr<Pattern> pattern_;
  std::string by_;
};

class Prefix : public Change {
 public:
  Prefix(std::string prefix, bool only_if_missing, PrefixAt at)
      : prefix_(std::move(prefix)), only_if_missing_(only_if_missing), at_(at) {}
  void apply(AlignedText& text, bool starts) const override {
    if (text.text.empty() || (at_ == PrefixAt::start_of_document && !starts)) return;
    if (only_if_missing_ && text.text.starts_with(prefix_)) return;
    Rewriter rewriter(text);
    rewriter.replace(0, prefix_);
    text = rewriter.finish();
  }

 private:
  std::string prefix_;
  bool only_if_missing_;
  PrefixAt at_;
};

}  // namespace

std::unique_ptr<Change> nfc_change(const std::string& where) {
  return std::make_unique<Nfc>(where);
}

std::unique_ptr<Change> replace_change(std::unique_ptr<Pattern> pattern, std::string by) {
  return std::make_unique<Replace>(std::move(pattern), std::move(by));
}

std::unique_ptr<Change> prepend_change(std::string prefix) {
  return std::make_unique<Prefix>(std::move(prefix), false, PrefixAt::every_text);
}

std::unique_ptr<Change> missing_prefix_change(std::string prefix, PrefixAt at) {
  return std::make_unique<Prefix>(std::move(prefix), true, at);
}

AlignedText changed(const Changes& changes, std::string_view text, bool starts) {
  AlignedText made{std::string(text)};
  for (const auto& change : changes) {
    change->apply(made, starts);
    if (made.text.size() > kMostGrowth * (text.size() + 64))
      throw Error(
          "the normalizer makes a text more than " + std::to_string(kMostGrowth) + " times as long",
          "a text of " + std::to_string(text.size()) + " bytes",
          "take the tokenizer.json as it was published");
  }
  return made;
}

void read_normalizer(JsonReader json, Changes& changes) {
  const std::string type = json.text("type");
  if (type == "NFC") {
    changes.push_back(nfc_change(json.where()));
  } else if (type == "Prepend") {
    changes.push_back(prepend_change(read_addition(json, "prepend")));
  } else if (type == "Replace") {
    auto pattern = read_pattern(json.object("pattern"));
    changes.push_back(replace_change(std::move(pattern), read_addition(json, "content")));
  } else if (type == "Sequence") {
    for (JsonReader& step : json.objects("normalizers")) read_normalizer(step, changes);
  } else {
    json.refuse("type", "is '" + type + "', which is not supported",
                "known: NFC, Prepend, Replace, Sequence");
  }
  json.finish();
}

}  // namespace sinkmoe::data
