// Renders CSV and JSON.
#include <nlohmann/json.hpp>

#include "core/text/quote.h"
#include "core/text/utf8.h"
#include "report/text/escape.h"
#include "report/write/judgement_json.h"
#include "report/write/render.h"

namespace sinkmoe::report {

namespace {

using Json = nlohmann::ordered_json;

Json json_cell(const Cell& cell) {
  if (const auto* i = std::get_if<int64_t>(&cell)) return *i;
  if (const auto* d = std::get_if<double>(&cell)) return *d;
  if (const auto* s = std::get_if<std::string>(&cell)) return one_line(*s);
  return nullptr;
}

}  // namespace

std::string render_csv(const Table& table) {
  std::string text = csv_row(table.columns);
  for (const auto& row : table.rows) text += csv_row(texts_of(row));
  return text;
}

std::string render_json(const Document& d) {
  Json rows = Json::array();
  for (const auto& row : d.data.rows) {
    Json object = Json::object();
    for (size_t c = 0; c < row.size(); ++c) object[one_line(d.data.columns[c])] = json_cell(row[c]);
    rows.push_back(std::move(object));
  }
  Json judgements = Json::array();
  for (const Judgement& o : d.judgements) judgements.push_back(json_judgement(o));
  const Json root = {{"artifact", d.name},
                     {"experiment", d.experiment},
                     {"title", d.title},
                     {"paper", d.paper},
                     {"claims", d.claims},
                     {"caption", d.caption},
                     {"rows", std::move(rows)},
                     {"verdicts", std::move(judgements)},
                     {"notes", d.notes},
                     {"provenance",
                      {{"query", d.provenance.query},
                       {"cells_query", d.provenance.cells_query},
                       {"query_sha256", d.provenance.query_sha256},
                       {"seeds", d.provenance.seeds},
                       {"runs", d.provenance.runs},
                       {"commits", d.provenance.commits}}}};
  return root.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace sinkmoe::report
