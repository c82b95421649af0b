#include "config/toml/toml_doc.h"

#define TOML_EXCEPTIONS 1
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "core/error.h"
#include "core/text/utf8.h"

namespace sinkmoe::config {

namespace {

std::string place(const std::string& name, int line, int column) {
  return name + ":" + std::to_string(line) + ":" + std::to_string(column);
}

// Skips strings and comments, to find the brackets and dots that are structure.
class NestingScan {
 public:
  explicit NestingScan(std::string_view text) : text_(text) {}

  // Line of the first place that is nested deeper than `limit`, or 0.
  int too_deep_at(int limit) {
    while (at_ < text_.size()) {
      step();
      if (std::max(depth_, dots_) > limit) return line_;
    }
    return 0;
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '"' || c == '\'') return skip_string(c);
    if (c == '#') {
      at_ = std::min(text_.find('\n', at_), text_.size());
      return;
    }
    if (c == '[' || c == '{') ++depth_;
    if ((c == ']' || c == '}') && depth_ > 0) --depth_;
    if (c == '.') ++dots_;
    if (c == '\n' || c == '=' || c == ',' || c == '[' || c == '{') dots_ = 0;
    if (c == '\n') ++line_;
    ++at_;
  }

  void skip_string(char quote) {
    const std::string triple(3, quote);
    const bool many_lines = text_.substr(at_, 3) == triple;
    at_ += many_lines ? 3 : 1;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n' && !many_lines) return;  // not closed: the parser reports this
      if (many_lines ? text_.substr(at_, 3) == triple : c == quote) break;
      line_ += c == '\n';
      at_ += c == '\\' && quote == '"' ? 2 : 1;
    }
    at_ = std::min(at_ + (many_lines ? 3 : 1), text_.size());
  }

  std::string_view text_;
  size_t at_ = 0;
  int line_ = 1, depth_ = 0, dots_ = 0;
};

class Converter {
 public:
  Converter(std::string_view text, const std::string& name) : text_(text), name_(name) {
    starts_.push_back(0);
    for (size_t i = 0; i < text.size(); ++i)
      if (text[i] == '\n') starts_.push_back(i + 1);
  }

  TomlValue convert(const toml::node& node) {
    TomlValue v;
    v.line = static_cast<int>(node.source().begin.line);
    v.column = static_cast<int>(node.source().begin.column);
    if (const auto* table = node.as_table()) {
      convert_table(*table, v);
    } else if (const auto* array = node.as_array()) {
      v.kind = TomlValue::Kind::kArray;
      for (const toml::node& item : *array) v.items.push_back(convert(item));
    } else {
      convert_scalar(node, v);
    }
    return v;
  }

 private:
  void convert_table(const toml::table& table, TomlValue& v) {
    using Entry = std::tuple<uint32_t, uint32_t, const toml::key*, const toml::node*>;
    std::vector<Entry> entries;  // toml++ sorts them by name
    for (const auto& [key, child] : table)
      entries.emplace_back(key.source().begin.line, key.source().begin.column, &key, &child);
    std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
      return std::tie(std::get<0>(a), std::get<1>(a)) < std::tie(std::get<0>(b), std::get<1>(b));
    });
    for (const auto& [line, column, key, child] : entries) {
      if (++keys_ > kTomlKeys)
        throw Error("more than " + std::to_string(kTomlKeys) + " keys", place(name_, int(line), 1));
      TomlValue value = convert(*child);
      value.line = static_cast<int>(line);
      value.column = static_cast<int>(column);
      v.members.push_back({std::string(key->str()), std::move(value)});
    }
  }

  void convert_scalar(const toml::node& node, TomlValue& v) {
    const std::string where = place(name_, v.line, v.column);
    if (const auto* s = node.as_string()) {
      v.kind = TomlValue::Kind::kString;
      v.text = s->get();
    } else if (const auto* i = node.as_integer()) {
      v.kind = TomlValue::Kind::kInteger;
      v.integer = i->get();
      v.number = static_cast<double>(v.integer);
    } else if (const auto* f = node.as_floating_point()) {
      v.kind = TomlValue::Kind::kFloat;
      v.number = f->get();
      if (!std::isfinite(v.number)) throw Error("the number is not finite", where);
      if (v.number == 0 && written_above_zero(node.source()))
        throw Error("the number is so small that it would be read as 0", where, "write 0");
    } else if (const auto* b = node.as_boolean()) {
      v.kind = TomlValue::Kind::kBoolean;
      v.boolean = b->get();
    } else {
      throw Error("dates and times are not used here", where, "write it as a string");
    }
  }

  // A digit other than 0 before the exponent. A column counts characters, not bytes.
  bool written_above_zero(const toml::source_region& source) const {
    const std::string_view line =
        text_.substr(std::min(starts_.at(source.begin.line - 1), text_.size()));
    for (size_t i = byte_of(line, source.begin.column); i < line.size(); ++i) {
      const char c = line[i];
      if (c >= '1' && c <= '9') return true;
      if (c != '0' && c != '.' && c != '_' && c != '+' && c != '-') return false;
    }
    return false;
  }

  // Byte at which the character of this column (from 1) starts.
  static size_t byte_of(std::string_view line, uint32_t column) {
    size_t at = 0;
    for (uint32_t seen = 1; seen < column && at < line.size(); ++seen)
      at = character_start(line, at + 1);
    return at;
  }

  std::string_view text_;
  std::vector<size_t> starts_;  // byte at which each line starts
  const std::string& name_;
  int keys_ = 0;
};

void check_limits(std::string_view text, const std::string& name) {
  if (text.size() > kTomlBytes)
    throw Error("the file has " + std::to_string(text.size()) + " bytes, the limit is " +
                    std::to_string(kTomlBytes),
                name);
  size_t bad = 0;
  if (!valid_utf8(text, &bad)) throw Error("not UTF-8 at byte " + std::to_string(bad), name);
  if (const int line = NestingScan(text).too_deep_at(kTomlNesting))
    throw Error("nested deeper than " + std::to_string(kTomlNesting) + " levels",
                place(name, line, 1));
}

}  // namespace

const TomlValue* TomlValue::find(std::string_view key) const {
  for (const auto& [name, value] : members)
    if (name == key) return &value;
  return nullptr;
}

const char* to_string(TomlValue::Kind kind) {
  constexpr const char* names[] = {"table", "array", "string", "integer", "float", "boolean"};
  return names[static_cast<int>(kind)];
}

TomlValue parse_toml(std::string_view text, const std::string& name) {
  check_limits(text, name);
  try {
    return Converter(text, name).convert(toml::parse(text, std::string_view(name)));
  } catch (const toml::parse_error& e) {
    const auto at = e.source().begin;
    const std::string what(e.description());
    throw Error(what, place(name, int(at.line), int(at.column)),
                what.find("redefine") == std::string::npos
                    ? ""
                    : "a group and keys of one name can stand together if the keys are quoted: "
                      "\"model.layers\" = [1, 2]");
  }
}

}  // namespace sinkmoe::config
