#include "cli/table_output.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "core/text/quote.h"
#include "core/text/split_join.h"
#include "core/text/utf8.h"
#include "report/text/escape.h"

namespace sinkmoe::cli {

namespace {

bool is_number(const Cell& cell) {
  return std::holds_alternative<int64_t>(cell) || std::holds_alternative<double>(cell);
}

void write_text(std::ostream& out, const Table& table) {
  std::vector<std::vector<std::string>> lines{table.columns};
  for (std::string& name : lines[0]) name = one_line(name);
  for (const auto& row : table.rows) {
    auto& line = lines.emplace_back();
    for (const Cell& cell : row) line.push_back(one_line(to_text(cell)));
  }
  std::vector<size_t> widths(table.columns.size());
  for (const auto& line : lines)
    for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], characters(line[i]));
  for (size_t r = 0; r < lines.size(); ++r) {
    std::string text;
    for (size_t i = 0; i < lines[r].size(); ++i) {
      const std::string pad(widths[i] - characters(lines[r][i]), ' ');
      const bool right = r > 0 && is_number(table.rows[r - 1][i]);
      text += (i ? "  " : "") + (right ? pad + lines[r][i] : lines[r][i] + pad);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out << text << "\n";
  }
}

void write_csv(std::ostream& out, const Table& table) {
  out << csv_row(table.columns);
  for (const auto& row : table.rows) out << csv_row(texts_of(row));
}

// A name for each column: the second "loss" becomes "loss_2".
std::vector<std::string> distinct_names(const Table& table) {
  std::vector<std::string> names;
  const auto there = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const std::string& column : table.columns) {
    std::string name = column;
    for (int i = 2; there(name); ++i) name = column + "_" + std::to_string(i);
    names.push_back(name);
  }
  return names;
}

void write_vertical(std::ostream& out, const Table& table) {
  size_t width = 0;
  for (const std::string& column : table.columns)
    width = std::max(width, characters(one_line(column)));
  for (const auto& row : table.rows) {
    if (&row != &table.rows.front()) out << "\n";
    for (size_t i = 0; i < row.size(); ++i) {
      if (is_null(row[i])) continue;
      const std::string name = one_line(table.columns[i]);
      out << name << std::string(width - characters(name) + 2, ' ') << one_line(to_text(row[i]))
          << "\n";
    }
  }
}

void write_json(std::ostream& out, const Table& table) {
  const std::vector<std::string> names = distinct_names(table);
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const auto& row : table.rows) {
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    for (size_t i = 0; i < row.size(); ++i)
      std::visit(
          [&](const auto& value) {
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>)
              object[names[i]] = nullptr;
            else
              object[names[i]] = value;
          },
          row[i]);
    list.push_back(std::move(object));
  }
  out << list.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
}

void write_markdown(std::ostream& out, const Table& table) {
  out << markdown_row(table.columns) << "|";
  for (size_t i = 0; i < table.columns.size(); ++i)
    out << (!table.rows.empty() && is_number(table.rows[0][i]) ? " ---: |" : " --- |");
  out << "\n";
  for (const auto& row : table.rows) out << markdown_row(texts_of(row));
}

// Columns of numbers are aligned to the right.
void write_latex(std::ostream& out, const Table& table) {
  const auto line = [&](const std::vector<std::string>& cells) {
    out << join(cells, " & ", report::latex_escape) << " \\\\\n";
  };
  out << "\\begin{tabular}{";
  for (size_t i = 0; i < table.columns.size(); ++i)
    out << (!table.rows.empty() && is_number(table.rows[0][i]) ? 'r' : 'l');
  out << "}\n\\toprule\n";
  line(table.columns);
  out << "\\midrule\n";
  for (const auto& row : table.rows) line(texts_of(row));
  out << "\\bottomrule\n\\end{tabular}\n";
}

}  // namespace

void write_table(std::ostream& out, const Table& table, TableFormat format) {
  switch (format) {
    case TableFormat::text:
      return write_text(out, table);
    case TableFormat::csv:
      return write_csv(out, table);
    case TableFormat::json:
      return write_json(out, table);
    case TableFormat::markdown:
      return write_markdown(out, table);
    case TableFormat::vertical:
      return write_vertical(out, table);
    case TableFormat::latex:
      return write_latex(out, table);
  }
}

}  // namespace sinkmoe::cli
