#include <algorithm>

#include "report/page/page.h"

namespace sinkmoe::report {

PageHead read_head(const QueryFunction& query, const std::string& database) {
  PageHead head;
  head.database = database;
  head.last_run = to_text(query("select strftime('%Y-%m-%d %H:%M UTC', max(finished_us) / 1000000, "
                                "'unixepoch') from run where status <> 'void'")
                              .rows[0][0]);
  const std::vector<std::string> columns = query("select * from run_wide limit 0").columns;
  std::string loss;
  for (const char* name : {"eval_loss", "eval_imbalance"})
    if (std::find(columns.begin(), columns.end(), name) != columns.end())
      loss += std::string(", round(w.") + name + ", 4) as " + name;
  head.runs = query(
      "select w.run_id, (select group_concat(e.name, ', ') from experiment_run x join "
      "experiment e on e.id = x.experiment join run r on r.id = x.run where r.run_id "
      "= w.run_id) as experiments, w.label, w.status" +
      loss + ", substr(w.git_commit, 1, 12) as git_commit from run_wide w");
  return head;
}

}  // namespace sinkmoe::report
