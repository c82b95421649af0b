#include "report/spec/spec.h"

#include <algorithm>
#include <map>
#include <set>

#include "config/compose/layers.h"
#include "core/file.h"
#include "core/text/safe_name.h"
#include "core/text/suggest.h"
#include "report/spec/claim_texts.h"
#include "report/spec/query_text.h"
#include "report/spec/spec_expect.h"
#include "report/spec/spec_layout.h"

namespace sinkmoe::report {

namespace {

using Kind = config::TomlValue::Kind;

SpecExperiment read_experiment(const config::TomlValue& value, TomlProblems& problems) {
  if (value.kind == Kind::kString) return {value.text};
  TomlTable table(value, "experiments", problems);
  SpecExperiment e;
  e.name = table.required_text("name");
  e.n = std::max(stats::kFewestValues, table.integer("n", stats::kFewestValues, 2, 1'000'000));
  e.counts = table.boolean("counts", true);
  table.finish();
  return e;
}

void read_experiments(TomlTable& table, Spec& spec, TomlProblems& problems) {
  const config::TomlValue* list = table.any("experiments");
  const bool parameter = uses_experiment(spec.query) || uses_experiment(spec.cells.query);
  if (parameter && !list)
    problems.add(table.at(), "the query uses :experiment, but there is no 'experiments' list");
  if (!list) return;
  if (!parameter)
    problems.add(*list, "there is an 'experiments' list, but no query uses :experiment");
  if (list->kind != Kind::kArray || list->items.empty()) {
    problems.add(*list, "'experiments' must be a list with at least one entry");
    return;
  }
  for (const config::TomlValue& item : list->items)
    spec.experiments.push_back(read_experiment(item, problems));
}

void read_pair(TomlTable& table, Spec& spec, TomlProblems& problems) {
  const config::TomlValue* value = table.any("pair");
  if (!value) return;
  TomlTable pair(*value, "pair", problems);
  const std::string column = pair.required_text("column");
  const config::TomlValue* control = pair.required("control");
  pair.finish();
  if (control) spec.pair = {column, key_text(*control, "pair.control", problems)};
}

void read_cells(TomlTable& table, Spec& spec, TomlProblems& problems) {
  if (spec.layout.kind == LayoutKind::kTable) {
    for (const NamedColumn& c : spec.layout.rows) spec.cells.keys.push_back(c.column);
    if (spec.layout.cols) spec.cells.keys.push_back(spec.layout.cols->column);
  }
  const config::TomlValue* value = table.any("cells");
  if (!value) return;
  if (spec.layout.kind == LayoutKind::kTable) {
    problems.add(*value, "a table's cells are its rows and cols; 'cells' is for figures");
    return;
  }
  TomlTable cells(*value, "cells", problems);
  spec.cells.query = cells.required_text("query");
  cells.required("keys");
  spec.cells.keys = cells.texts("keys");
  cells.finish();
}

void check_key(const CellKey& key, const Spec& spec, bool whole, const config::TomlValue& at,
               TomlProblems& problems) {
  std::set<std::string> named;
  for (const auto& [column, value] : key) {
    named.insert(column);
    if (std::find(spec.cells.keys.begin(), spec.cells.keys.end(), column) == spec.cells.keys.end())
      problems.add(at, "'" + column + "' is not a key of the cells",
                   did_you_mean(column, spec.cells.keys));
  }
  if (!whole) return;
  for (const std::string& column : spec.cells.keys)
    if (!named.contains(column)) problems.add(at, "the cell does not say its '" + column + "'");
}

void read_expect(TomlTable& table, Spec& spec, TomlProblems& problems) {
  const config::TomlValue* list = table.any("expect");
  if (!list) return;
  if (list->kind != Kind::kArray) {
    problems.add(*list, "'expect' must be [[expect]] entries");
    return;
  }
  if (spec.cells.keys.empty())
    problems.add(*list, "expectations about a figure need a [cells] table");
  for (const config::TomlValue& entry : list->items) {
    for (Expectation& e : read_expectations(entry, problems)) {
      check_key(e.cell, spec, true, entry, problems);
      check_key(e.than, spec, false, entry, problems);
      for (const Guard& guard : e.guards) check_key(guard.cell, spec, false, entry, problems);
      spec.expect.push_back(std::move(e));
    }
  }
}

}  // namespace

Spec parse_spec(std::string_view toml, const std::string& path) {
  const config::TomlValue root = config::parse_toml(toml, path);
  TomlProblems problems{path, {}};
  TomlTable table(root, "", problems);
  Spec spec;
  spec.path = path;
  spec.name = std::filesystem::path(path).stem().string();
  spec.paper = table.required_text("paper");
  spec.title = table.required_text("title");
  spec.caption = table.text("caption");
  spec.claims = table.texts("claims");
  spec.query = table.required_text("query");
  spec.optional_columns = table.texts("optional_columns");
  if (const config::TomlValue* layout = table.required("layout"))
    spec.layout = read_layout(*layout, problems);
  read_pair(table, spec, problems);
  read_cells(table, spec, problems);
  read_experiments(table, spec, problems);
  read_expect(table, spec, problems);
  table.finish();
  if (!problems.list.empty()) throw Error(problems.list);
  return spec;
}

Spec read_spec(const std::filesystem::path& path) {
  const std::string name = path.stem().string();
  if (!safe_name(name) || name == "index" || name == kClaimsName)
    throw Error("an artifact cannot be called '" + name + "'", path.string(),
                "use letters, digits, '.', '_' and '-', not 'index' or 'claims'");
  return parse_spec(read_file(path, config::kTomlBytes), path.string());
}

std::vector<std::string> spec_names(const std::filesystem::path& folder) {
  if (!std::filesystem::is_directory(folder))
    throw Error("there is no folder of artifacts", folder.string());
  std::set<std::string> names;
  for (const std::string& name : file_stems(folder, ".toml")) names.insert(name);
  for (const std::string& name : config::toml_names(folder)) names.insert(name);
  names.erase(kClaimsName);
  return {names.begin(), names.end()};
}

// Strange names are refused by read_spec.
std::filesystem::path spec_path(const std::filesystem::path& folder, const std::string& name) {
  const std::filesystem::path path = config::find_toml(folder, name);
  return path.empty() ? folder / (name + ".toml") : path;
}

namespace {

Problem unknown_artifact(const std::string& name, const std::vector<std::string>& there,
                         const std::filesystem::path& folder) {
  const std::string near = did_you_mean(name, there);
  return {"no artifact is called '" + name + "'", folder.string(),
          near + (near.empty() ? "" : " ") +
              "'sinkmoe list artifacts' names all; an experiment is given with --experiment"};
}

}  // namespace

std::vector<Spec> read_specs(const std::filesystem::path& folder,
                             const std::vector<std::string>& names) {
  const std::vector<std::string> there = spec_names(folder);
  const auto asked = [&](const std::string& name) {
    return names.empty() || std::find(names.begin(), names.end(), name) != names.end();
  };
  std::vector<Problem> problems;
  for (const std::string& name : names)
    if (std::find(there.begin(), there.end(), name) == there.end())
      problems.push_back(unknown_artifact(name, there, folder));
  std::map<std::string, Spec> found;
  std::set<std::string> named;  // also by files that were not requested, if they can be read
  for (const std::string& name : there) {
    try {
      Spec spec = read_spec(spec_path(folder, name));
      for (const SpecExperiment& e : spec.experiments) named.insert(e.name);
      if (asked(name)) found.emplace(name, std::move(spec));
    } catch (const Error& e) {
      if (asked(name)) problems.insert(problems.end(), e.problems().begin(), e.problems().end());
    }
  }
  if (!problems.empty()) throw Error(problems);
  std::vector<Spec> specs;
  for (const std::string& name : names.empty() ? there : names) {
    specs.push_back(found.at(name));
    specs.back().named = {named.begin(), named.end()};
  }
  return specs;
}

std::vector<Spec> read_other_specs(const std::filesystem::path& folder,
                                   const std::vector<std::string>& names) {
  std::vector<Spec> specs;
  if (names.empty()) return specs;
  std::set<std::string> named;
  for (const std::string& name : spec_names(folder)) {
    try {
      Spec spec = read_spec(folder / (name + ".toml"));
      for (const SpecExperiment& e : spec.experiments) named.insert(e.name);
      if (std::find(names.begin(), names.end(), name) == names.end())
        specs.push_back(std::move(spec));
    } catch (const Error&) {  // a report of that artifact says what is wrong with it
    }
  }
  for (Spec& spec : specs) spec.named = {named.begin(), named.end()};
  return specs;
}

}  // namespace sinkmoe::report
