#include "config/compose/override.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>

#include "config/field_view.h"
#include "config/sweep/sweep_values.h"
#include "config/toml/caret.h"
#include "config/toml/toml_values.h"
#include "core/text/quote.h"
#include "core/text/split_join.h"
#include "core/text/utf8.h"

namespace sinkmoe::config {

namespace {

std::string where_of(const std::string& argument) { return "argument '" + argument + "'"; }

[[noreturn]] void refuse(const std::string& argument, size_t at, size_t length,
                         const std::string& what, const std::string& fix = "") {
  Problem problem{what, where_of(argument), fix};
  add_caret(problem, argument, at, length);
  throw Error(problem);
}

struct Piece {
  size_t at = 0, length = 0;
};

// Splits text[from..] at commas outside quotes and brackets.
std::vector<Piece> cut(const std::string& text, size_t from) {
  std::vector<Piece> pieces;
  int depth = 0;
  char quote = 0;
  size_t start = from;
  for (size_t i = from; i < text.size(); ++i) {
    const char c = text[i];
    if (quote) {
      if (c == '\\' && quote == '"')
        ++i;
      else if (c == quote)
        quote = 0;
    } else if ((c == '"' || c == '\'') && trim(text.substr(start, i - start)).empty()) {
      quote = c;  // an apostrophe inside a bare word is just a letter
    } else if (c == '(' || c == '[' || c == '{') {
      ++depth;
    } else if (c == ')' || c == ']' || c == '}') {
      --depth;
    } else if (c == ',' && depth <= 0) {
      pieces.push_back({start, i - start});
      start = i + 1;
    }
  }
  pieces.push_back({start, text.size() - start});
  return pieces;
}

// Fields whose one value is a list with commas, so that a bare comma makes no sweep.
constexpr std::array<std::string_view, 1> kCommaFields = {"eval.tasks"};

bool holds_commas(const std::string& key, std::string_view text) {
  const bool quoted = text.starts_with('"') || text.starts_with('\'');
  return !quoted && std::find(kCommaFields.begin(), kCommaFields.end(), key) != kCommaFields.end();
}

// Lists as other programs write them: [a,b], list[a,b], choice(a,b).
void refuse_brackets(const std::string& argument, const std::string& key, size_t at) {
  const std::string_view text = trim(std::string_view(argument).substr(at));
  for (const std::string_view start : {"[", "list[", "list(", "choice[", "choice(", "choices("})
    if (text.starts_with(start) && (text.ends_with(']') || text.ends_with(')')))
      refuse(argument, argument.find(text, at), text.size(), "a list of values has no brackets",
             "write " + key + "=" +
                 std::string(text.substr(start.size(), text.size() - start.size() - 1)));
}

void refuse_empty_values(const std::string& argument, const std::string& key,
                         const std::vector<Piece>& pieces) {
  const Piece& only = pieces.front();
  if (pieces.size() == 1 && field_type(key) != "string" &&
      trim(std::string_view(argument).substr(only.at, only.length)).empty())
    refuse(argument, argument.find('='), 1, "no value after '='",
           key.find('.') == std::string::npos ? "name an option of the group"
                                              : "~" + key + " alone goes back to the default");
  for (const Piece& piece : pieces)
    if (pieces.size() > 1 &&
        trim(std::string_view(argument).substr(piece.at, piece.length)).empty())
      refuse(argument, piece.at < argument.size() ? piece.at : piece.at - 1, 1,
             "no value beside a comma", "take the comma out; an empty text is written \"\"");
}

bool is_number(const std::string& word) {
  double value = 0;
  const char *begin = word.data() + (word.starts_with('+') ? 1 : 0),
             *end = word.data() + word.size();
  return std::from_chars(begin, end, value).ptr == end;
}

// Digits on each side of a point, no leading 0: "0.5", "1e-400". What TOML refuses then is its size.
bool in_toml_form(const std::string& word) {
  const std::string digits = word.substr(std::min(word.find_first_not_of("+-"), word.size()));
  if (!digits.empty() && std::isalpha(static_cast<unsigned char>(digits[0]))) return true;  // inf
  const size_t point = digits.find('.');
  const auto digit = [&](size_t i) {
    return i < digits.size() && std::isdigit(static_cast<unsigned char>(digits[i]));
  };
  if (!digit(0) || (digits[0] == '0' && digit(1))) return false;
  return point == std::string::npos || digit(point + 1);
}

// A bare word needs no quotes. A word that is valid TOML is read as TOML, except in a text field.
TomlValue value_of(const std::string& word, const std::string& type) {
  const bool quoted = word.starts_with('"') || word.starts_with('\'');
  if (!quoted && (type == "string" || word.find_first_of("#\n\r") != std::string::npos))
    return toml_string(word);
  try {
    TomlValue node = parse_toml_scalar(word, "");
    if (!quoted || node.kind == TomlValue::Kind::kString) return node;
  } catch (const Error&) {
    if (quoted || is_number(word)) throw;
  }
  return toml_string(word);
}

std::vector<TomlValue> values_of(const std::string& word, const std::string& type,
                                 const std::string& where) {
  if (type != "string")
    if (std::vector<TomlValue> values = expand_call(word, where); !values.empty()) return values;
  return {value_of(word, type)};
}

void add_values(Override& result, const std::string& argument, Piece piece, ArgumentSpan span) {
  const std::string word(trim(std::string_view(argument).substr(piece.at, piece.length)));
  span.value_at = argument.find(word, piece.at);
  span.value_length = word.size();
  const std::string where = where_of(argument);
  if (result.group) {
    result.settings.push_back({result.key, toml_string(word), where, "command line", false, span});
    return;
  }
  std::vector<TomlValue> values;
  try {
    values = values_of(word, field_type(result.key), where);
  } catch (const Error& e) {
    const bool quote = word.starts_with('"') || word.starts_with('\'');
    if (!quote && is_number(word) && !in_toml_form(word))
      refuse(argument, span.value_at, span.value_length,
             "'" + word + "' is not written as a number must be",
             "a digit stands on each side of the point, and none is a leading 0: 0.5, 1e-3, 10");
    refuse(argument, span.value_at, span.value_length,
           quote ? "the quotes of " + word + " do not close as TOML wants" : e.problems()[0].what,
           e.problems()[0].fix);
  }
  for (TomlValue& value : values)
    result.settings.push_back({result.key, std::move(value), where, "command line", false, span});
}

Override parse_reset(const std::string& argument) {
  const std::string key = argument.substr(1);
  if (key.empty() || key.find('=') != std::string::npos)
    refuse(argument, 0, argument.size(), "~ takes a key alone", "write ~train.lr");
  Setting setting{key, {}, where_of(argument), "command line", true, {}};
  setting.argument = {argument, 1, key.size(), 1, key.size()};
  return {false, key, {setting}};
}

}  // namespace

Override parse_override(const std::string& argument) {
  size_t bad = 0;
  if (!valid_utf8(argument, &bad))
    throw Error("not UTF-8 at byte " + std::to_string(bad), where_of(argument));
  if (argument.size() > kTomlBytes) throw Error("argument too long", "command line");
  if (argument.starts_with('~')) return parse_reset(argument);
  if (argument.starts_with("++"))
    refuse(argument, 0, 2, "'++' is not used here", "write " + argument.substr(2));
  const size_t key_at = argument.starts_with('+') ? 1 : 0, equals = argument.find('=');
  if (equals == std::string::npos)
    refuse(argument, 0, argument.size(), "expected key=value",
           "write train.lr=1e-3, model=small or ~train.lr");
  if (equals <= key_at) refuse(argument, 0, equals + 1, "no key before '='", "write train.lr=1e-3");
  Override result;
  result.key = argument.substr(key_at, equals - key_at);
  result.group = result.key.find('.') == std::string::npos;
  const ArgumentSpan span{argument, key_at, result.key.size(), equals + 1, 0};
  refuse_brackets(argument, result.key, equals + 1);
  std::vector<Piece> pieces = cut(argument, equals + 1);
  refuse_empty_values(argument, result.key, pieces);
  const std::string_view text = trim(std::string_view(argument).substr(equals + 1));
  if (holds_commas(result.key, text)) pieces = {{equals + 1, argument.size() - equals - 1}};
  for (const Piece& piece : pieces) add_values(result, argument, piece, span);
  return result;
}

std::vector<Override> parse_overrides(const std::vector<std::string>& arguments) {
  std::vector<Override> overrides;
  std::vector<Problem> problems;
  for (const std::string& argument : arguments) {
    try {
      overrides.push_back(parse_override(argument));
    } catch (const Error& e) {
      problems.insert(problems.end(), e.problems().begin(), e.problems().end());
    }
  }
  for (size_t i = 0; i < overrides.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (overrides[i].key == overrides[j].key)
        problems.push_back({"'" + overrides[i].key + "' is given twice",
                            overrides[i].settings[0].where,
                            "keep one of the two; several values are a list: KEY=A,B"});
  if (!problems.empty()) throw Error(std::move(problems));
  return overrides;
}

}  // namespace sinkmoe::config
