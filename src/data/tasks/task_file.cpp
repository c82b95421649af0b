#include "data/tasks/task_file.h"

#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "core/text/split_join.h"
#include "core/text/utf8.h"

namespace sinkmoe::data {

namespace {

using Json = nlohmann::json;

const std::set<std::string> kTexts = {"context", "continuation", "query"};
const std::set<std::string> kLists = {"choices", "context_options"};

// One line, as read.
struct Line {
  std::map<std::string, std::string> texts;
  std::map<std::string, std::vector<std::string>> lists;
  int64_t gold = -1;
  std::set<std::string> keys;
};

// Reads an object of texts, lists of texts and one integer; refuses anything deeper.
class LineReader : public nlohmann::json_sax<Json> {
 public:
  Line line;
  std::string problem;

  bool start_object(size_t) override { return depth_++ == 0 ? true : refuse("an object inside"); }
  bool end_object() override { return true; }
  bool key(string_t& name) override {
    if (!kTexts.contains(name) && !kLists.contains(name) && name != "gold")
      return refuse("unknown key '" + name.substr(0, 64) + "'");
    key_ = name;
    return line.keys.insert(name).second || refuse("key '" + name + "' twice");
  }
  bool string(string_t& value) override {
    if (depth_ == 0) return refuse("not an object");
    if (trim(value).empty()) return refuse("an empty text in '" + key_ + "'");
    if (in_list_) {
      std::vector<std::string>& list = line.lists[key_];
      list.push_back(std::move(value));
      return list.size() <= kMaxTaskOptions || refuse("too many options");
    }
    if (!kTexts.contains(key_)) return refuse("'" + key_ + "' is not a text");
    line.texts[key_] = std::move(value);
    return true;
  }
  bool start_array(size_t) override {
    if (depth_ == 0 || in_list_ || !kLists.contains(key_)) return refuse("a list out of place");
    return in_list_ = true;
  }
  bool end_array() override {
    in_list_ = false;
    return true;
  }
  bool number_integer(number_integer_t value) override { return integer(value); }
  bool number_unsigned(number_unsigned_t value) override {
    return integer(value > kMaxTaskOptions ? -1 : static_cast<int64_t>(value));
  }
  bool null() override { return refuse("null"); }
  bool boolean(bool) override { return refuse("a truth value"); }
  bool number_float(number_float_t, const string_t&) override { return refuse("a fraction"); }
  bool binary(binary_t&) override { return refuse("binary data"); }
  bool parse_error(size_t byte, const std::string&, const nlohmann::detail::exception&) override {
    return refuse("no JSON at byte " + std::to_string(byte) + " of the line");
  }

 private:
  bool refuse(const std::string& why) {
    if (problem.empty()) problem = why;
    return false;
  }
  bool integer(int64_t value) {
    if (in_list_ || depth_ == 0 || key_ != "gold") return refuse("a number out of place");
    line.gold = value;
    return true;
  }

  int depth_ = 0;
  bool in_list_ = false;
  std::string key_;
};

const std::set<std::string> kNext = {"context", "continuation"};
const std::set<std::string> kChoice = {"query", "choices", "gold"};
const std::set<std::string> kContexts = {"context_options", "continuation", "gold"};

TaskQuestion to_question(Line& line, std::string& problem) {
  TaskQuestion q{.gold = line.gold};
  if (line.keys == kNext) {
    q = {{line.texts["context"]}, {line.texts["continuation"]}, 0};
  } else if (line.keys == kChoice) {
    q.continuations = std::move(line.lists["choices"]);
    q.contexts.assign(q.continuations.size(), line.texts["query"]);
  } else if (line.keys == kContexts) {
    q.contexts = std::move(line.lists["context_options"]);
    q.continuations.assign(q.contexts.size(), line.texts["continuation"]);
  } else {
    problem = "not one of the three forms of a question";
    return q;
  }
  if (line.keys != kNext && q.contexts.size() < 2) problem = "fewer than two options";
  if (q.gold < 0 || q.gold >= static_cast<int64_t>(q.contexts.size()))
    problem = "'gold' is not an option";
  return q;
}

}  // namespace

std::vector<TaskQuestion> parse_task_file(std::string_view text, const std::string& where,
                                          int64_t most) {
  std::vector<TaskQuestion> questions;
  std::set<std::string> form;
  int64_t number = 0;
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    if (number > 0 && trim(text).empty()) break;  // blank lines at the end of the file
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::string here = where + ":" + std::to_string(++number);
    const std::string fix = "see docs/data.md for the form of a task file";
    if (line.size() > kMaxTaskLine)
      throw Error("a line of more than " + std::to_string(kMaxTaskLine) + " bytes", here, fix);
    size_t bad = 0;
    if (!valid_utf8(line, &bad)) throw Error("not UTF-8 at byte " + std::to_string(bad), here, fix);
    LineReader reader;
    const bool read = Json::sax_parse(line.begin(), line.end(), &reader);
    if (!read || !reader.problem.empty()) throw Error(reader.problem, here, fix);
    if (number == 1) form = reader.line.keys;
    TaskQuestion question = to_question(reader.line, reader.problem);
    if (reader.problem.empty() && reader.line.keys != form)
      reader.problem = "another form than the first line's";
    if (!reader.problem.empty()) throw Error(reader.problem, here, fix);
    if (static_cast<int64_t>(questions.size()) < most) questions.push_back(std::move(question));
  }
  if (number == 0) throw Error("no question", where, "one JSON object a line is wanted");
  return questions;
}

}  // namespace sinkmoe::data
