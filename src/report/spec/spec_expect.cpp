#include "report/spec/spec_expect.h"

#include <algorithm>

#include "core/text/number.h"

namespace sinkmoe::report {

namespace {

using Kind = config::TomlValue::Kind;

// Every combination of the listed values; the last key varies fastest.
std::vector<CellKey> read_cells(const config::TomlValue& value, const std::string& path,
                                TomlProblems& problems) {
  std::vector<CellKey> cells = {{}};
  TomlTable check(value, path, problems);
  for (const auto& [key, choice] : value.members) {
    std::vector<CellKey> longer;
    const std::vector<config::TomlValue> one = {choice};
    const std::vector<config::TomlValue>& choices =
        choice.kind == Kind::kArray ? choice.items : one;
    for (const CellKey& cell : cells)
      for (const config::TomlValue& c : choices) {
        longer.push_back(cell);
        longer.back().emplace_back(key, key_text(c, path + "." + key, problems));
      }
    if (longer.empty() || longer.size() > 1000) {
      problems.add(choice, "'" + path + "' stands for " + std::to_string(longer.size()) + " cells",
                   "from 1 to 1000 are possible");
      return {};
    }
    cells = std::move(longer);
  }
  return cells;
}

// `cell` with the values of the keys in `other`; keys that only `other` has come last.
CellKey laid_over(CellKey cell, const CellKey& other) {
  for (const auto& named : other) {
    const auto at = std::find_if(cell.begin(), cell.end(),
                                 [&](const auto& key) { return key.first == named.first; });
    if (at != cell.end())
      at->second = named.second;
    else
      cell.push_back(named);
  }
  return cell;
}

Guard read_guard(const config::TomlValue& value, TomlProblems& problems) {
  TomlTable table(value, "expect.guard", problems);
  Guard guard;
  guard.value = table.required_text("value");
  guard.above = table.number("above");
  guard.below = table.number("below");
  guard.text = table.text("text");
  if (const config::TomlValue* cell = table.any("cell")) {
    const auto cells = read_cells(*cell, "expect.guard.cell", problems);
    if (cells.size() == 1)
      guard.cell = cells.front();
    else
      problems.add(*cell, "a guard looks at one cell");
  }
  table.finish();
  if (guard.above.has_value() == guard.below.has_value())
    problems.add(value, "a guard needs either 'above' or 'below'");
  return guard;
}

// One guard, or a list of them.
std::vector<Guard> read_guards(TomlTable& entry, TomlProblems& problems) {
  std::vector<Guard> guards;
  const config::TomlValue* value = entry.any("guard");
  if (!value) return guards;
  if (value->kind != Kind::kArray) return {read_guard(*value, problems)};
  for (const config::TomlValue& item : value->items) guards.push_back(read_guard(item, problems));
  return guards;
}

// The margin of a bound is its distance from the value that means "no effect".
void read_none(TomlTable& table, Expectation& e, TomlProblems& problems) {
  e.none = table.number("none");
  if (!e.none) return;
  if (!e.bound) {
    problems.add(table.at(), "'none' goes with 'above' or 'below'");
    return;
  }
  e.rule.margin =
      e.rule.direction == stats::Direction::kHigher ? *e.bound - *e.none : *e.none - *e.bound;
  if (e.rule.margin <= 0)
    problems.add(table.at(), "'none' must be below 'above', or above 'below'",
                 "leave it out if the bound itself is the value that is tested");
}

// Reads direction and bound: `direction` with `than`, or `above` / `below` with a number.
void read_comparison(TomlTable& table, Expectation& e, TomlProblems& problems) {
  const std::optional<double> above = table.number("above"), below = table.number("below");
  const config::TomlValue* than = table.any("than");
  const std::string direction = table.text("direction");
  const int ways = (above ? 1 : 0) + (below ? 1 : 0) + (than ? 1 : 0);
  if (ways != 1) {
    problems.add(table.at(), "an expectation needs one of 'than', 'above' and 'below'");
    return;
  }
  if (than) {
    const auto cells = read_cells(*than, "expect.than", problems);
    if (cells.size() == 1 && !cells.front().empty())
      e.than = cells.front();
    else
      problems.add(*than, "'than' names the key values of one cell");
    if (const auto known = find_name<stats::Direction>(direction))
      e.rule.direction = *known;
    else
      problems.add(table.at(), "'expect.direction' is '" + direction + "'",
                   "it must be lower, higher or same");
    return;
  }
  if (!direction.empty())
    problems.add(table.at(), "'direction' goes with 'than', not with a bound");
  e.bound = above ? above : below;
  e.rule.direction = above ? stats::Direction::kHigher : stats::Direction::kLower;
}

void read_rule(TomlTable& table, Expectation& e, TomlProblems& problems) {
  if (const auto margin = table.number("margin")) {
    if (e.bound)
      problems.add(table.at(),
                   "'margin' goes with 'than'; with a bound, 'none' says how large the effect is");
    e.rule.margin = *margin;
  }
  e.primary = table.boolean("primary", false);
  e.published = table.boolean("published", true);
  if (e.primary && !e.published)
    problems.add(table.at(), "a primary cell needs something published to compare with");
  if (e.rule.margin < 0) problems.add(table.at(), "'expect.margin' is negative");
  if (e.rule.direction == stats::Direction::kSame && e.rule.margin == 0)
    problems.add(table.at(), "'same' needs a margin above 0");
  const config::TomlValue* found = table.any("found");
  if (!found) return;
  try {
    e.found = parse_name<stats::Verdict>(table.text("found"));
  } catch (const Error& error) {
    problems.add(*found, error.problems().front().what, error.problems().front().fix);
  }
}

}  // namespace

std::string key_text(const config::TomlValue& value, const std::string& path,
                     TomlProblems& problems) {
  switch (value.kind) {
    case Kind::kString:
      return value.text;
    case Kind::kInteger:
      return std::to_string(value.integer);
    case Kind::kFloat:
      return shortest(value.number);
    default:
      problems.add(value, "'" + path + "' must be a string or a number");
      return "";
  }
}

std::vector<Expectation> read_expectations(const config::TomlValue& entry, TomlProblems& problems) {
  TomlTable table(entry, "expect", problems);
  if (entry.kind != Kind::kTable) return {};
  Expectation common;
  common.claim = table.text("claim");
  common.paper = table.text("paper");
  common.value = table.required_text("value");
  common.experiments = table.texts("experiments");
  common.guards = read_guards(table, problems);
  read_comparison(table, common, problems);
  read_none(table, common, problems);
  read_rule(table, common, problems);
  const config::TomlValue* cell = table.required("cell");
  table.finish();
  std::vector<Expectation> list;
  if (!cell) return list;
  for (CellKey& key : read_cells(*cell, "expect.cell", problems)) {
    list.push_back(common);
    list.back().cell = std::move(key);
    for (Guard& guard : list.back().guards) guard.cell = laid_over(list.back().cell, guard.cell);
  }
  return list;
}

}  // namespace sinkmoe::report
