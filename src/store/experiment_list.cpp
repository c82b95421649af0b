#include "store/experiment_list.h"

#include <fmt/format.h>

#include <set>
#include <string>

#include "core/text/count.h"
#include "store/owner.h"

namespace sinkmoe::store {

namespace {

// Throws unless the new list may replace the stored list of this name.
void check_list(sql::Connection& db, const ExperimentRow& experiment, OtherList other) {
  sql::Statement stored(db, "SELECT id, path, toml FROM experiment WHERE name = ?");
  if (!stored.bind(experiment.name).step()) return;
  std::set<std::string> added;
  for (const RunRow& run : experiment.runs) added.insert(run.run_id);
  int64_t count = 0, lost = 0;
  sql::Statement list(db, R"sql(
SELECT r.run_id FROM experiment_run x JOIN run r ON r.id = x.run
WHERE x.experiment = ?)sql");
  for (list.bind(stored.integer(0)); list.step(); ++count) lost += added.erase(list.text(0)) == 0;
  if (other == OtherList::append && stored.text(1) == experiment.path) return;
  const bool own_file = stored.text(1) == experiment.path || stored.text(2) == experiment.toml;
  if (lost == 0 && (added.empty() || own_file)) return;
  const std::string difference =
      lost > 0 ? fmt::format("this list lacks {} of them", lost)
               : fmt::format("this list has {} more and comes from another file", added.size());
  throw StoreError(
      ErrorKind::bad_input,
      {fmt::format("experiment '{}' is stored with {} from {}; {}", experiment.name,
                   counted(count, "run"), stored.text(1), difference),
       experiment.path,
       "store this list under another name with --name NAME, or put it in the place of the stored one "
       "with --replace (stored runs stay)"});
}

}  // namespace

int64_t put_experiment_row(sql::Connection& db, const ExperimentRow& experiment, OtherList other) {
  if (other != OtherList::replace) check_list(db, experiment, other);
  sql::Statement put(db, R"sql(
INSERT INTO experiment(name, title, path, toml, sha256, created_us)
VALUES(?, ?, ?, ?, ?, ?)
ON CONFLICT(name) DO UPDATE SET
  title = excluded.title, path = excluded.path, toml = excluded.toml, sha256 = excluded.sha256
RETURNING id)sql");
  put.bind(experiment.name, experiment.title, experiment.path, experiment.toml, experiment.sha256,
           wall_clock_us());
  put.step();
  const int64_t id = put.integer(0);
  put.run();
  if (other != OtherList::append)
    sql::Statement(db, "DELETE FROM experiment_run WHERE experiment = ?").bind(id).run();
  return id;
}

}  // namespace sinkmoe::store
