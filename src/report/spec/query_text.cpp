#include "report/spec/query_text.h"

#include <algorithm>
#include <cctype>
#include <functional>

#include "core/text/quote.h"
#include "core/text/split_join.h"

namespace sinkmoe::report {

namespace {

bool in_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// The end of the string, quoted name or comment that starts at `at`; `at` if none starts there.
size_t skip_quoted(const std::string& sql, size_t at) {
  const auto until = [&](const std::string& end) {
    const size_t found = sql.find(end, at + end.size());
    return found == std::string::npos ? sql.size() : found + end.size();
  };
  switch (sql[at]) {
    case '\'':
    case '"':
    case '`':
      return until(std::string(1, sql[at]));  // a doubled quote starts a new string at once
    case '[':
      return until("]");
    case '-':
      return sql.compare(at, 2, "--") == 0 ? until("\n") : at;
    case '/':
      return sql.compare(at, 2, "/*") == 0 ? until("*/") : at;
    default:
      return at;
  }
}

// Rebuilds the text with every word passed through `replace`. The ':' of a parameter and qualifiers
// ("e.loss") are part of a word.
std::string map_words(const std::string& sql,
                      const std::function<std::string(const std::string&)>& replace) {
  std::string out;
  for (size_t at = 0; at < sql.size();) {
    size_t end = skip_quoted(sql, at);
    if (end > at) {
      out.append(sql, at, end - at);
    } else if (in_word(sql[at]) || sql[at] == ':') {
      end = at + 1;
      while (end < sql.size() && (in_word(sql[end]) || sql[end] == '.')) ++end;
      out += replace(sql.substr(at, end - at));
    } else {
      end = at + 1;
      out += sql[at];
    }
    at = end;
  }
  return out;
}

}  // namespace

bool uses_experiment(const std::string& sql) {
  bool used = false;
  map_words(sql, [&](const std::string& word) {
    used = used || word == ":experiment";
    return word;
  });
  return used;
}

std::string fill_query(const std::string& sql, const std::map<std::string, std::string>& parameters,
                       const std::set<std::string>& absent) {
  std::string filled = map_words(sql, [&](const std::string& word) {
    const auto parameter = parameters.find(word);
    if (parameter != parameters.end()) return in_quotes(parameter->second, '\'');
    const size_t dot = word.rfind('.');
    return absent.contains(dot == word.npos ? word : word.substr(dot + 1)) ? "NULL" : word;
  });
  std::string_view text = trim(filled);
  while (text.ends_with(';')) text = trim(text.substr(0, text.size() - 1));
  return std::string(text);
}

}  // namespace sinkmoe::report
