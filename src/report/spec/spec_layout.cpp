#include "report/spec/spec_layout.h"

#include "core/text/utf8.h"

namespace sinkmoe::report {

namespace {

using Kind = config::TomlValue::Kind;

constexpr std::pair<const char*, LayoutKind> kKinds[] = {
    {"table", LayoutKind::kTable},     {"lines", LayoutKind::kLines},
    {"bars", LayoutKind::kBars},       {"heatmap", LayoutKind::kHeatmap},
    {"scatter", LayoutKind::kScatter},
};

LayoutKind read_kind(TomlTable& table, TomlProblems& problems) {
  const config::TomlValue* value = table.required("kind");
  const std::string text = table.text("kind");
  std::vector<std::string> names;
  for (const auto& [name, kind] : kKinds) {
    if (text == name) return kind;
    names.emplace_back(name);
  }
  if (value && value->kind == Kind::kString)
    problems.add(*value, "no layout is called '" + printable(text) + "'",
                 "kinds are table, lines, bars, heatmap, scatter");
  return LayoutKind::kTable;
}

std::vector<NamedColumn> read_columns(TomlTable& table, const std::string& key,
                                      TomlProblems& problems) {
  std::vector<NamedColumn> columns;
  const config::TomlValue* value = table.any(key);
  if (!value) return columns;
  const std::string path = table.key_path(key);
  if (value->kind != Kind::kArray) return {read_named_column(*value, path, problems)};
  for (const config::TomlValue& item : value->items)
    columns.push_back(read_named_column(item, path, problems));
  return columns;
}

std::optional<NamedColumn> read_column(TomlTable& table, const std::string& key,
                                       TomlProblems& problems) {
  const config::TomlValue* value = table.any(key);
  if (!value) return std::nullopt;
  return read_named_column(*value, table.key_path(key), problems);
}

ValueColumn read_value(const config::TomlValue& value, const std::string& path,
                       TomlProblems& problems) {
  TomlTable table(value, path, problems);
  ValueColumn v;
  v.column = table.required_text("column");
  v.title = table.text("title", v.column);
  v.unit = table.text("unit");
  v.digits = static_cast<int>(table.integer("digits", 4, 0, 12));
  v.difference = table.boolean("difference", false);
  v.median = table.boolean("median", false);
  v.optional = table.boolean("optional", false);
  table.finish();
  return v;
}

FigureAxis read_axis(TomlTable& layout, const std::string& key, TomlProblems& problems) {
  FigureAxis axis;
  const config::TomlValue* value = layout.required(key);
  if (!value) return axis;
  TomlTable table(*value, layout.key_path(key), problems);
  axis.column = table.required_text("column");
  axis.title = table.text("title", axis.column);
  axis.unit = table.text("unit");
  axis.log = table.boolean("log", false);
  axis.from = table.number("from");
  axis.to = table.number("to");
  axis.guide = table.number("guide");
  axis.least = table.number("least");
  axis.most = table.number("most");
  table.finish();
  if (axis.from && axis.to && *axis.from >= *axis.to)
    problems.add(*value, "'" + layout.key_path(key) + "' has from >= to");
  for (const auto& bound : {axis.from, axis.to, axis.guide})
    if (axis.log && bound && *bound <= 0)
      problems.add(*value,
                   "a limit or guide of the logarithmic axis '" + key + "' is not positive");
  return axis;
}

void read_table_layout(TomlTable& table, Layout& layout, TomlProblems& problems) {
  table.required("rows");
  layout.rows = read_columns(table, "rows", problems);
  layout.details = read_columns(table, "details", problems);
  layout.cols = read_column(table, "cols", problems);
  layout.repeats = table.text("repeats", layout.repeats);
  const config::TomlValue* values = table.required("values");
  if (!values) return;
  if (values->kind != Kind::kArray || values->items.empty() || layout.rows.empty()) {
    problems.add(*values,
                 "'layout.values' and 'layout.rows' must be lists with at least one entry");
    return;
  }
  for (const config::TomlValue& item : values->items)
    layout.values.push_back(read_value(item, "layout.values", problems));
}

void read_figure_layout(TomlTable& table, Layout& layout, TomlProblems& problems) {
  layout.x = read_axis(table, "x", problems);
  layout.y = read_axis(table, "y", problems);
  if (layout.kind == LayoutKind::kHeatmap)
    layout.color = read_axis(table, "color", problems);
  else
    layout.series = read_columns(table, "series", problems);
  layout.panel_cols = read_column(table, "panel_cols", problems);
  layout.panel_rows = read_column(table, "panel_rows", problems);
  if (layout.kind == LayoutKind::kLines) layout.own_ranges = table.boolean("own_ranges", false);
}

}  // namespace

NamedColumn read_named_column(const config::TomlValue& value, const std::string& path,
                              TomlProblems& problems) {
  if (value.kind == Kind::kString) return {value.text, ""};
  TomlTable table(value, path, problems);
  NamedColumn named;
  named.column = table.required_text("column");
  named.title = table.text("title");
  table.finish();
  return named;
}

Layout read_layout(const config::TomlValue& value, TomlProblems& problems) {
  TomlTable table(value, "layout", problems);
  Layout layout;
  if (value.kind != Kind::kTable) return layout;
  const size_t before = problems.list.size();
  layout.kind = read_kind(table, problems);
  if (problems.list.size() > before) return layout;
  if (layout.kind == LayoutKind::kTable)
    read_table_layout(table, layout, problems);
  else
    read_figure_layout(table, layout, problems);
  table.finish();
  return layout;
}

}  // namespace sinkmoe::report
