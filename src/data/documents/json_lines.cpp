#include "data/documents/json_lines.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/text/utf8.h"
#include "data/documents/check_text.h"

namespace sinkmoe::data {

namespace {

using Json = nlohmann::json;

// Finds the string `text` of one object.
class DocumentReader : public nlohmann::json_sax<Json> {
 public:
  std::string text, problem;
  bool found = false;

  bool start_object(size_t) override { return take() && ++depth_ > 0; }
  bool end_object() override { return depth_-- > 0; }
  bool start_array(size_t) override { return start_object(0); }
  bool end_array() override { return end_object(); }
  bool key(string_t& name) override {
    is_text_ = depth_ == 1 && name == "text";
    if (is_text_ && found) return refuse("two fields 'text'");
    return true;
  }
  bool string(string_t& value) override {
    if (is_text_) text = std::move(value);
    found = found || is_text_;
    is_text_ = false;
    return true;
  }
  bool null() override { return take(); }
  bool boolean(bool) override { return take(); }
  bool number_integer(number_integer_t) override { return take(); }
  bool number_unsigned(number_unsigned_t) override { return take(); }
  bool number_float(number_float_t, const string_t&) override { return take(); }
  bool binary(binary_t&) override { return take(); }
  bool parse_error(size_t byte, const std::string&, const nlohmann::detail::exception&) override {
    return refuse("not JSON at byte " + std::to_string(byte) + " of the line");
  }

 private:
  bool refuse(const std::string& why) {
    if (problem.empty()) problem = why;
    return false;
  }
  // A value that is not a string.
  bool take() { return !is_text_ || refuse("the field 'text' is not a string"); }

  int64_t depth_ = 0;
  bool is_text_ = false;  // the next value is the text
};

std::string at_line(const std::string& where, uint64_t line) {
  return where + ": line " + std::to_string(line + 1);
}

std::string text_of_line(std::string_view line, const std::string& where, uint64_t number) {
  const std::string fix = "each line must be an object with a string 'text'";
  if (!valid_utf8(line)) throw Error("not UTF-8", at_line(where, number), "convert it to UTF-8");
  if (number == 0 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
  DocumentReader reader;
  const size_t first = line.find_first_not_of(" \t\r");
  if (first == std::string_view::npos || line[first] != '{') reader.problem = "not a JSON object";
  if (reader.problem.empty()) Json::sax_parse(line.data(), line.data() + line.size(), &reader);
  if (reader.problem.empty() && !reader.found) reader.problem = "no field 'text'";
  if (!reader.problem.empty()) throw Error(reader.problem, at_line(where, number), fix);
  return std::move(reader.text);
}

}  // namespace

TextBlock documents_of_lines(std::string_view lines, uint64_t first, const std::string& where) {
  TextBlock block;
  block.end = first;
  for (size_t at = 0; at < lines.size(); ++block.end) {
    const size_t stop = std::min(lines.find('\n', at), lines.size());
    const std::string_view line = lines.substr(at, stop - at);
    at = stop + 1;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::string text = text_of_line(line, where, block.end);
    block.empty += text.empty();
    if (text.empty()) continue;
    check_characters(text, at_line(where, block.end) + ", its text");
    block.starts.push_back(block.text.size());
    block.lines.push_back(block.end);
    block.text += text;
  }
  return block;
}

}  // namespace sinkmoe::data
