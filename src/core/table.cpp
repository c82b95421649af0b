#include "core/table.h"

#include <algorithm>

#include "core/error.h"
#include "core/text/number.h"
#include "core/text/split_join.h"

namespace sinkmoe {

size_t Table::column(const std::string& name) const {
  const auto it = std::find(columns.begin(), columns.end(), name);
  if (it == columns.end()) {
    throw Error("no column '" + name + "' in the result", "",
                "columns are: " + join(columns, ", "));
  }
  return static_cast<size_t>(it - columns.begin());
}

std::string to_text(const Cell& cell) {
  if (const auto* i = std::get_if<int64_t>(&cell)) return std::to_string(*i);
  if (const auto* d = std::get_if<double>(&cell)) return shortest(*d);
  if (const auto* s = std::get_if<std::string>(&cell)) return *s;
  return "";
}

std::vector<std::string> texts_of(const std::vector<Cell>& row) {
  std::vector<std::string> texts;
  for (const Cell& cell : row) texts.push_back(to_text(cell));
  return texts;
}

bool is_null(const Cell& cell) { return std::holds_alternative<std::monostate>(cell); }

double to_number(const Cell& cell) {
  if (const auto* i = std::get_if<int64_t>(&cell)) return static_cast<double>(*i);
  if (const auto* d = std::get_if<double>(&cell)) return *d;
  throw Error("expected a number, got '" + to_text(cell) + "'", "");
}

}  // namespace sinkmoe
