#include "core/table.h"

#include <algorithm>

#include "core/error.h"
#include "core/text.h"

namespace sinkmoe {

size_t Table::column(const std::string& name) const {
  const auto it = std::find(columns.begin(), columns.end(), name);
  if (it == columns.end()) {
    std::string there;
    for (const std::string& c : columns) there += (there.empty() ? "" : ", ") + c;
    throw Error("no column '" + name + "' in the result", "", "columns are: " + there);
  }
  return static_cast<size_t>(it - columns.begin());
}

std::string to_text(const Cell& cell) {
  if (const auto* i = std::get_if<int64_t>(&cell)) return std::to_string(*i);
  if (const auto* d = std::get_if<double>(&cell)) return shortest(*d);
  if (const auto* s = std::get_if<std::string>(&cell)) return *s;
  return "";
}

bool is_null(const Cell& cell) { return std::holds_alternative<std::monostate>(cell); }

double to_number(const Cell& cell) {
  if (const auto* i = std::get_if<int64_t>(&cell)) return static_cast<double>(*i);
  if (const auto* d = std::get_if<double>(&cell)) return *d;
  throw Error("expected a number, got '" + to_text(cell) + "'", "");
}

}  // namespace sinkmoe
