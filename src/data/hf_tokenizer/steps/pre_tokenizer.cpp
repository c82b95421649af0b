#include "data/hf_tokenizer/steps/pre_tokenizer.h"

#include "core/error.h"
#include "data/hf_tokenizer/steps/metaspace.h"

namespace sinkmoe::data {

namespace {

// What ByteLevel cuts at (GPT-2).
constexpr const char* kByteLevelPattern =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr size_t kMaxCuts = 64;

// Joins matches and the text between them to pieces, as a behavior asks for it.
class Pieces {
 public:
  Pieces(const Cut& cut, std::string_view text, const PreTokenizer::Take& take)
      : cut_(cut), text_(text), take_(take) {}

  void add(size_t begin, size_t end, bool matched) {
    const bool match = matched != cut_.invert;
    if (!joins(match)) {
      flush();
      begin_ = begin;
      dropped_ = match && cut_.behavior == SplitBehavior::removed;
    }
    end_ = end;
    previous_match_ = match;
    any_ = true;
  }
  void flush() const {
    if (any_ && !dropped_ && end_ > begin_) take_(text_.substr(begin_, end_ - begin_));
  }

 private:
  bool joins(bool match) const {
    if (!any_) return false;
    switch (cut_.behavior) {
      case SplitBehavior::merged_with_previous:
        return match && !previous_match_;
      case SplitBehavior::merged_with_next:
        return !match && previous_match_;
      case SplitBehavior::contiguous:
        return match == previous_match_;
      default:
        return false;
    }
  }

  const Cut& cut_;
  std::string_view text_;
  const PreTokenizer::Take& take_;
  size_t begin_ = 0, end_ = 0;
  bool previous_match_ = false, dropped_ = false, any_ = false;
};

SplitBehavior read_behavior(JsonReader& json) {
  const std::string name = json.text("behavior");
  if (name == "Isolated") return SplitBehavior::isolated;
  if (name == "Removed") return SplitBehavior::removed;
  if (name == "MergedWithPrevious") return SplitBehavior::merged_with_previous;
  if (name == "MergedWithNext") return SplitBehavior::merged_with_next;
  if (name == "Contiguous") return SplitBehavior::contiguous;
  json.refuse("behavior", "is '" + name + "', which is not supported",
              "known: Isolated, Removed, MergedWithPrevious, MergedWithNext, Contiguous");
}

void change_first(const PreTokenizer& made, const JsonReader& json, const char* key) {
  if (!made.cuts.empty() || !made.changes.empty())
    json.refuse(key, "changes the text after another step has cut it",
                "only the first step of a Sequence may do so");
}

void read_byte_level(JsonReader& json, PreTokenizer& made) {
  json.ignore({"trim_offsets"});
  made.byte_level = true;
  if (json.boolean("add_prefix_space", true)) {
    change_first(made, json, "add_prefix_space");
    made.changes.push_back(missing_prefix_change(" ", PrefixAt::every_text));
  }
  if (json.boolean("use_regex", true))
    made.cuts.push_back({regex_pattern(kByteLevelPattern, json.where())});
}

void read_metaspace_step(JsonReader& json, PreTokenizer& made) {
  change_first(made, json, "type");
  const Metaspace metaspace = read_metaspace(json);
  made.changes.push_back(replace_change(string_pattern(" ", json.where()), metaspace.replacement));
  if (metaspace.prefix)
    made.changes.push_back(missing_prefix_change(metaspace.replacement, *metaspace.prefix));
  if (metaspace.split)
    made.cuts.push_back(
        {string_pattern(metaspace.replacement, json.where()), SplitBehavior::merged_with_next});
}

void read_step(JsonReader json, PreTokenizer& made) {
  const std::string type = json.text("type");
  if (made.byte_level)
    json.refuse("type", "is '" + type + "' after a ByteLevel", "ByteLevel must be the last step");
  if (type == "ByteLevel") {
    read_byte_level(json, made);
  } else if (type == "Metaspace") {
    read_metaspace_step(json, made);
  } else if (type == "Digits") {
    const bool individual = json.boolean("individual_digits", false);
    made.cuts.push_back(
        {number_pattern(), individual ? SplitBehavior::isolated : SplitBehavior::contiguous});
  } else if (type == "Split") {
    auto pattern = read_pattern(json.object("pattern"));
    const SplitBehavior behavior = read_behavior(json);
    made.cuts.push_back({std::move(pattern), behavior, json.boolean("invert", false)});
  } else if (type == "Sequence") {
    for (const JsonReader& step : json.objects("pretokenizers")) read_step(step, made);
  } else {
    json.refuse("type", "is '" + type + "', which is not supported",
                "known: ByteLevel, Digits, Metaspace, Split, Sequence");
  }
  json.finish();
  if (made.cuts.size() > kMaxCuts)
    json.refuse("type", "has more than " + std::to_string(kMaxCuts) + " steps");
}

}  // namespace

void PreTokenizer::split_from(size_t cut, std::string_view text, const Take& take) const {
  if (cut == cuts.size()) return take(text);
  const Take next = [&](std::string_view piece) { split_from(cut + 1, piece, take); };
  Pieces pieces(cuts[cut], text, cut + 1 == cuts.size() ? take : next);
  size_t taken = 0;
  cuts[cut].pattern->find(text, [&](size_t begin, size_t end) {
    if (begin > taken) pieces.add(taken, begin, false);
    pieces.add(begin, end, true);
    taken = end;
  });
  if (taken < text.size()) pieces.add(taken, text.size(), false);
  pieces.flush();
}

PreTokenizer read_pre_tokenizer(JsonReader json) {
  PreTokenizer made;
  read_step(std::move(json), made);
  return made;
}

}  // namespace sinkmoe::data
