#include "data/corpus/split_names.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <map>
#include <optional>
#include <set>

#include "core/error.h"
#include "core/text/split_join.h"
#include "data/documents/format.h"

namespace sinkmoe::data {

namespace {

enum Kind { kTrain, kValid, kTest, kHeldOut, kKinds };

constexpr std::array<const char*, kKinds> kMeaning = {"training", "validation", "test", "held-out"};

std::string small_letters(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::optional<Kind> kind_of(const std::string& word) {
  static const std::map<std::string, Kind> words = {
      {"train", kTrain},       {"training", kTrain},    {"valid", kValid},
      {"validation", kValid},  {"val", kValid},         {"dev", kValid},
      {"devel", kValid},       {"development", kValid}, {"test", kTest},
      {"testing", kTest},      {"heldout", kHeldOut},   {"held-out", kHeldOut},
      {"held_out", kHeldOut},  {"holdout", kHeldOut},   {"eval", kHeldOut},
      {"evaluation", kHeldOut}};
  const auto it = words.find(small_letters(word));
  return it == words.end() ? std::nullopt : std::optional(it->second);
}

// What one name says, and with which word.
struct Mark {
  std::optional<Kind> kind;
  std::string word;
};

class Names {
 public:
  Names(const std::vector<std::string>& names, const std::array<std::string, 3>& given)
      : names_(names), given_(given) {}

  NamedSplit split() {
    read([this](const std::string& name) { return folder_mark(name); });
    refuse_absent();
    const bool folders = !words_[kTrain].empty() || held_out();
    if (!folders) read(file_mark);
    // The word "train" alone says nothing about a title among others.
    if (!asked() && !folders && (names_.size() < 2 || !held_out())) return {};
    if (!asked() && folders && !held_out() && unmarked_.empty()) return {};
    refuse_two_words();
    refuse_no_training();
    if (!unmarked_.empty() && (!folders || !held_out())) refuse_unmarked();
    return result(folders);
  }

 private:
  template <class F>
  void read(F&& mark_of) {
    marks_.clear();
    unmarked_.clear();
    words_ = {};
    for (const std::string& name : names_) {
      marks_.push_back(mark_of(name));
      if (marks_.back().kind)
        words_[*marks_.back().kind].insert(marks_.back().word);
      else
        unmarked_.push_back(name);
    }
  }

  bool asked() const { return !given_[0].empty() || !given_[1].empty() || !given_[2].empty(); }
  bool held_out() const {
    return !words_[kValid].empty() || !words_[kTest].empty() || !words_[kHeldOut].empty();
  }

  Mark folder_mark(const std::string& name) const {
    std::string path;
    const std::filesystem::path folder = std::filesystem::path(name).parent_path();
    for (const std::filesystem::path& part : folder) {
      if (!path.empty()) path += '/';
      path += part.string();
      for (size_t kind = 0; kind < given_.size(); ++kind)
        if (!given_[kind].empty() && (part == given_[kind] || path == given_[kind]))
          return {static_cast<Kind>(kind), given_[kind]};
      const std::optional<Kind> kind = kind_of(part.string());
      const bool replaced = kind && (*kind == kHeldOut ? asked() : !given_[*kind].empty());
      if (kind && !replaced) return {kind, small_letters(part.string())};
    }
    return {};
  }

  static Mark file_mark(const std::string& name) {
    std::vector<std::string> parts = {""};
    const std::string stem = name_of_text(name);
    for (const char c : stem)
      if (std::string_view("._- ").find(c) != std::string_view::npos)
        parts.emplace_back();
      else
        parts.back() += c;
    if (const auto kind = kind_of(stem)) return {kind, small_letters(stem)};
    while (parts.size() > 1 && (parts.back() == "of" ||
                                parts.back().find_first_not_of("0123456789") == std::string::npos))
      parts.pop_back();
    for (const std::string& part : {parts.back(), parts.front()})
      if (const auto kind = kind_of(part)) return {kind, small_letters(part)};
    return {};
  }

  void refuse_absent() const {
    std::vector<Problem> problems;
    for (size_t kind = 0; kind < given_.size(); ++kind)
      if (!given_[kind].empty() && !words_[kind].contains(given_[kind]))
        problems.push_back({"no text is in a folder '" + given_[kind] + "', named as the " +
                                kMeaning[kind] + " text",
                            "sinkmoe data import", "give the name of a sub-folder"});
    if (!problems.empty()) throw Error(problems);
  }

  static constexpr const char* kFix =
      "say which with --train-subdir, --valid-subdir and --test-subdir NAME, or give "
      "--ignore-names to split by --valid-fraction";

  void refuse_two_words() const {
    for (size_t kind = 0; kind < kKinds; ++kind)
      if (words_[kind].size() > 1)
        throw Error("several names may mean the " + std::string(kMeaning[kind]) + " text: " +
                        join(std::vector(words_[kind].begin(), words_[kind].end()), ", "),
                    "sinkmoe data import", kFix);
    if (!words_[kHeldOut].empty() && !words_[kTest].empty())
      throw Error("'" + *words_[kHeldOut].begin() + "' may mean the validation or the test text",
                  "sinkmoe data import", kFix);
  }

  void refuse_no_training() const {
    if (!words_[kTrain].empty()) return;
    std::set<std::string> words;
    for (const auto& some : words_) words.insert(some.begin(), some.end());
    throw Error("the name '" + join(std::vector(words.begin(), words.end()), "', '") +
                    "' is customary for text that is not trained on, but no name says which text "
                    "is trained on",
                "sinkmoe data import",
                "put the training text into a folder train, or give --ignore-names to split by "
                "--valid-fraction");
  }

  void refuse_unmarked() const {
    std::string some;
    for (size_t i = 0; i < unmarked_.size() && i < 3; ++i) some += (i ? ", " : "") + unmarked_[i];
    if (unmarked_.size() > 3) some += ", ...";
    throw Error(std::to_string(unmarked_.size()) +
                    " files do not say to which split they belong, but others do: " + some,
                "sinkmoe data import",
                "put the texts into folders train, valid and test, or give --ignore-names to "
                "split by --valid-fraction");
  }

  Part part_of(const Mark& mark) const {
    if (!mark.kind) return Part::left_out;
    if (*mark.kind == kHeldOut) return words_[kValid].empty() ? Part::valid : Part::test;
    return *mark.kind == kTrain ? Part::train : *mark.kind == kValid ? Part::valid : Part::test;
  }

  NamedSplit result(bool folders) const {
    NamedSplit split;
    std::map<Part, std::string> words;
    for (const Mark& mark : marks_) {
      split.parts.push_back(part_of(mark));
      if (mark.kind) words[split.parts.back()] = mark.word;
    }
    split.take_valid = !words.contains(Part::valid);
    constexpr std::array<const char*, 3> names = {"training", "validation", "test"};
    for (const auto& [part, word] : words)
      split.rule += (split.rule.empty() ? "" : ", ") + std::string("'") + word + "' is the " +
                    names[static_cast<size_t>(part)] + " text";
    split.rule =
        std::string("by the names of ") + (folders ? "folders" : "files") + ": " + split.rule;
    return split;
  }

  const std::vector<std::string>& names_;
  const std::array<std::string, 3>& given_;
  std::vector<Mark> marks_;
  std::vector<std::string> unmarked_;
  std::array<std::set<std::string>, kKinds> words_;
};

}  // namespace

NamedSplit split_by_names(const std::vector<std::string>& names, const std::string& train,
                          const std::string& valid, const std::string& test) {
  const std::array<std::string, 3> given = {train, valid, test};
  return Names(names, given).split();
}

}  // namespace sinkmoe::data
