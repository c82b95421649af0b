// A table of values, as a query returns it and a report renders it.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace sinkmoe {

using Cell = std::variant<std::monostate, int64_t, double, std::string>;  // monostate is SQL NULL

struct Table {
  std::vector<std::string> columns;
  std::vector<std::vector<Cell>> rows;

  // Index of a column. Throws Error that names the existing columns.
  size_t column(const std::string& name) const;
};

// Text of one cell: "" for NULL, shortest round-trip form for numbers.
std::string to_text(const Cell& cell);
std::vector<std::string> texts_of(const std::vector<Cell>& row);
bool is_null(const Cell& cell);
// The number in a cell. Throws Error for text or NULL.
double to_number(const Cell& cell);

}  // namespace sinkmoe
