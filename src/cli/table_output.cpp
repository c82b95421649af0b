#include "cli/table_output.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "core/text/quote.h"
#include "core/text/utf8.h"

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

void write_json(std::ostream& out, const Table& table) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const auto& row : table.rows) {
    nlohmann::ordered_json object = nlohmann::ordered_json::object();
    for (size_t i = 0; i < row.size(); ++i)
      std::visit(
          [&](const auto& value) {
            if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>)
              object[table.columns[i]] = nullptr;
            else
              object[table.columns[i]] = value;
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
  }
}

}  // namespace sinkmoe::cli
