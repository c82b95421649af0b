#include "cli/table_output.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <vector>

#include "core/text.h"

namespace sinkmoe::cli {

namespace {

// One line, safe for a terminal.
std::string flat(const Cell& cell) {
  std::string text = printable(to_text(cell));
  std::replace_if(text.begin(), text.end(), [](char c) { return c == '\n' || c == '\t'; }, ' ');
  return text;
}

bool is_number(const Cell& cell) {
  return std::holds_alternative<int64_t>(cell) || std::holds_alternative<double>(cell);
}

size_t width_of(const std::string& text) {  // characters, not bytes
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

void write_text(std::ostream& out, const Table& table) {
  std::vector<std::vector<std::string>> lines{table.columns};
  for (std::string& name : lines[0]) name = printable(name);
  for (const auto& row : table.rows) {
    auto& line = lines.emplace_back();
    for (const Cell& cell : row) line.push_back(flat(cell));
  }
  std::vector<size_t> widths(table.columns.size());
  for (const auto& line : lines)
    for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], width_of(line[i]));
  for (size_t r = 0; r < lines.size(); ++r) {
    std::string text;
    for (size_t i = 0; i < lines[r].size(); ++i) {
      const std::string pad(widths[i] - width_of(lines[r][i]), ' ');
      const bool right = r > 0 && is_number(table.rows[r - 1][i]);
      text += (i ? "  " : "") + (right ? pad + lines[r][i] : lines[r][i] + pad);
    }
    text.erase(text.find_last_not_of(' ') + 1);
    out << text << "\n";
  }
}

std::string csv_cell(const Cell& cell) {
  std::string text = to_text(cell);
  if (is_number(cell)) return text;
  if (!text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos)
    text.insert(0, 1, '\'');
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

void write_csv(std::ostream& out, const Table& table) {
  for (size_t i = 0; i < table.columns.size(); ++i)
    out << (i ? "," : "") << csv_cell(Cell{table.columns[i]});
  out << "\n";
  for (const auto& row : table.rows) {
    for (size_t i = 0; i < row.size(); ++i) out << (i ? "," : "") << csv_cell(row[i]);
    out << "\n";
  }
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

std::string markdown_cell(std::string text) {
  for (size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
    text.insert(at, 1, '\\');
  return text;
}

void write_markdown(std::ostream& out, const Table& table) {
  out << "|";
  for (const std::string& name : table.columns)
    out << " " << markdown_cell(printable(name)) << " |";
  out << "\n|";
  for (size_t i = 0; i < table.columns.size(); ++i)
    out << (!table.rows.empty() && is_number(table.rows[0][i]) ? " ---: |" : " --- |");
  out << "\n";
  for (const auto& row : table.rows) {
    out << "|";
    for (const Cell& cell : row) out << " " << markdown_cell(flat(cell)) << " |";
    out << "\n";
  }
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
