#include "core/text/suggest.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

namespace sinkmoe {

namespace {

size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row[b.size()];
}

}  // namespace

std::vector<std::string> near_names(std::string_view word,
                                    const std::vector<std::string>& candidates, size_t most) {
  std::vector<std::pair<size_t, std::string>> near;
  if (word.size() > 200) return {};
  const size_t limit = std::max<size_t>(2, word.size() / 3);
  for (const std::string& c : candidates) {
    const size_t d = edit_distance(word, c);
    if (d <= limit && d < c.size()) near.emplace_back(d, c);
  }
  std::sort(near.begin(), near.end());
  std::vector<std::string> names;
  for (size_t i = 0; i < near.size() && i < most; ++i) names.push_back(near[i].second);
  return names;
}

std::string did_you_mean(std::string_view word, const std::vector<std::string>& candidates) {
  std::string text;
  for (const std::string& name : near_names(word, candidates))
    text += (text.empty() ? "did you mean '" : " or '") + name + "'";
  return text.empty() ? text : text + "?";
}

std::string known_names(std::string_view word, const std::vector<std::string>& names) {
  const std::string near = did_you_mean(word, names);
  return fmt::format("{}{}known: {}", near, near.empty() ? "" : " ", fmt::join(names, ", "));
}

}  // namespace sinkmoe
