#include "cli/run_lookup.h"

#include <algorithm>

#include "core/error.h"
#include "core/text/quote.h"
#include "core/text/safe_name.h"
#include "core/text/split_join.h"

namespace sinkmoe::cli {

bool looks_like_run(const std::string& text) {
  return text.size() >= 2 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string find_run(const store::Reader& reader, const std::string& prefix) {
  if (!safe_name(prefix))
    throw Error("'" + prefix + "' is not a run_id", "", "see 'sinkmoe status EXPERIMENT'");
  const std::string start = in_quotes(prefix, '\'');
  const Table exact = reader.query("select run_id from run where run_id = " + start);
  if (!exact.rows.empty()) return prefix;
  const Table found = reader.query("select run_id, label from run where substr(run_id, 1, length(" +
                                   start + ")) = " + start + " order by 1 limit 6");
  if (found.rows.size() == 1) return to_text(found.rows[0][0]);
  if (found.rows.empty())
    throw Error("no run '" + prefix + "'", "", "see 'sinkmoe status EXPERIMENT'");
  const std::string names = join(found.rows, ", ", [](const auto& row) { return to_text(row[0]); });
  throw Error("more than one run starts with '" + prefix + "'", "", "give more of it: " + names);
}

std::vector<std::string> find_runs(const store::Reader& reader,
                                   const std::vector<std::string>& prefixes) {
  std::vector<std::string> runs;
  std::vector<Problem> problems;
  for (const std::string& prefix : prefixes) try {
      const std::string run = find_run(reader, prefix);
      if (std::find(runs.begin(), runs.end(), run) == runs.end()) runs.push_back(run);
    } catch (const Error& e) {
      problems.insert(problems.end(), e.problems().begin(), e.problems().end());
    }
  if (!problems.empty()) throw Error(std::move(problems));
  return runs;
}

}  // namespace sinkmoe::cli
