#include "report/sweep/axes.h"

#include <algorithm>
#include <map>
#include <set>

#include "core/text/number.h"
#include "core/text/quote.h"
#include "core/text/split_join.h"

namespace sinkmoe::report {

namespace {

// Keys that change no number of a run, and those that differ between the runs of one group.
constexpr const char* kNoAxis =
    "('train.seed', 'train.init_from', 'train.checkpoint_every', 'run.threads', "
    "'run.log_every')";

// What the parent run varies, without its seed and its own parent.
constexpr const char* kStart =
    "coalesce((select trim(replace(substr(p.label || ' init_from=', 1, "
    "instr(p.label || ' init_from=', ' init_from=') - 1), 'train.seed=' || p.seed, '')) "
    "from run p where p.run_id = e.parent_id), 'none')";

// Values that say themselves what they are.
std::string title_of(const std::string& key) {
  if (key == "attention.kind" || key == "data.path") return "";
  return key == "balance.weight" || key == "balance.loss" ? key.substr(8)
                                                          : key.substr(key.rfind('.') + 1);
}

Axis axis_of(const std::string& key) {
  std::string column = key;
  std::replace(column.begin(), column.end(), '.', '_');
  return {key, column, "e." + in_quotes(column, '"'), title_of(key), {}, false};
}

void fill_values(Axis& axis, const std::vector<std::string>& values) {
  std::set<std::string> seen;
  for (const std::string& v : values)
    if (seen.insert(v).second) axis.values.push_back(v);
  const auto number = [](const std::string& v) { return parse_number<double>(v); };
  axis.numeric = std::all_of(axis.values.begin(), axis.values.end(), number);
  if (axis.numeric)
    std::stable_sort(
        axis.values.begin(), axis.values.end(),
        [&](const std::string& a, const std::string& b) { return *number(a) < *number(b); });
}

// The value of each group of runs in one column; empty if it differs within a group.
std::map<std::string, std::string> by_group(const Table& runs, size_t column) {
  std::map<std::string, std::string> values;
  for (const auto& row : runs.rows) {
    const std::string value = to_text(row[column]);
    if (values.emplace(to_text(row[0]), value).first->second != value) return {};
  }
  return values;
}

class SweepReader {
 public:
  SweepReader(const QueryFunction& query, Sweep& sweep) : query_(query), sweep_(sweep) {}

  void read() {
    std::vector<Axis> axes;
    for (const auto& row : query_(varying_keys()).rows) axes.push_back(axis_of(to_text(row[0])));
    add(axes);
    if (!separated()) add({{"train.init_from", "starts_from", kStart, "from", {}, false}});
    if (!separated()) add({{"data", "group_id", "e.group_id", "group", {}, false}});
  }

 private:
  std::string varying_keys() const {
    return std::string(
               "select distinct key from (\n  select k.key, k.ordinal from param_key k cross "
               "join experiment e join experiment_run x on x.experiment = e.id\n  left join "
               "param p on p.run = x.run and p.key = k.key\n  where e.name in ") +
           sweep_.in_list() + " and k.key not in " + kNoAxis +
           "\n  group by e.id, k.key having count(distinct coalesce(p.value, k.fallback)) > 1\n)\n"
           "order by ordinal";
  }

  void add(std::vector<Axis> axes) {
    std::string sql = "select e.group_id || ' ' || e.experiment";
    for (const Axis& a : axes) sql += ", " + a.expression;
    const Table runs = query_(sql + " from experiment_wide e where e.experiment in " +
                              sweep_.in_list() + " order by e.ordinal");
    for (const auto& row : runs.rows) groups_.insert(to_text(row[0]));
    for (size_t i = 0; i < axes.size(); ++i) {
      const auto values = by_group(runs, i + 1);
      std::vector<std::string> texts;
      for (const auto& row : runs.rows) texts.push_back(to_text(row[i + 1]));
      fill_values(axes[i], texts);
      if (!values.empty() && axes[i].values.size() > 1) place(axes[i], values);
    }
  }

  // Into the dimension that it varies together with, or into a new one.
  void place(const Axis& axis, const std::map<std::string, std::string>& values) {
    size_t same = 0;
    for (; same < first_.size(); ++same) {
      std::set<std::pair<std::string, std::string>> pairs;
      for (const auto& [group, value] : values) pairs.emplace(first_[same].at(group), value);
      if (pairs.size() == axis.values.size() &&
          sweep_.dimensions[same][0].values.size() == pairs.size())
        break;
    }
    if (same < first_.size()) {
      sweep_.dimensions[same].push_back(axis);
      return;
    }
    sweep_.dimensions.push_back({axis});
    first_.push_back(values);
  }

  bool separated() const {
    std::set<std::vector<std::string>> points;
    for (const std::string& group : groups_) {
      std::vector<std::string> point = {group.substr(group.find(' '))};  // the experiment
      for (const auto& values : first_) point.push_back(values.at(group));
      points.insert(point);
    }
    return points.size() == groups_.size();
  }

  const QueryFunction& query_;
  Sweep& sweep_;
  std::set<std::string> groups_;
  std::vector<std::map<std::string, std::string>> first_;  // group -> value, by dimension
};

}  // namespace

const Axis* Sweep::find(const std::string& key) const {
  for (const Dimension& d : dimensions)
    for (const Axis& a : d)
      if (a.key == key || a.column == key) return &a;
  return nullptr;
}

std::vector<std::string> Sweep::keys() const {
  std::vector<std::string> list;
  for (const Dimension& d : dimensions)
    for (const Axis& a : d) list.push_back(a.key);
  return list;
}

std::string Sweep::in_list() const {
  return "(" +
         join(experiments, ", ", [](const std::string& name) { return in_quotes(name, '\''); }) +
         ")";
}

Sweep read_sweep(const QueryFunction& query, const std::vector<std::string>& experiments) {
  Sweep sweep{experiments, {}};
  SweepReader(query, sweep).read();
  return sweep;
}

std::vector<Axis> differing_axes(const Sweep& sweep, const QueryFunction& query,
                                 const std::string& run_a, const std::string& run_b) {
  std::vector<Axis> axes;
  std::string columns;
  for (const Dimension& d : sweep.dimensions)
    for (const Axis& a : d) {
      axes.push_back(a);
      columns += (columns.empty() ? "" : ", ") + a.expression;
    }
  if (axes.empty()) return {};
  const auto values = [&](const std::string& run) {
    return query("select " + columns +
                 " from experiment_wide e where e.run_id = " + in_quotes(run, '\'') + " limit 1");
  };
  const Table a = values(run_a), b = values(run_b);
  if (a.rows.empty() || b.rows.empty()) return {};
  std::vector<Axis> list;
  for (size_t i = 0; i < axes.size(); ++i)
    if (to_text(a.rows[0][i]) != to_text(b.rows[0][i])) list.push_back(axes[i]);
  return list;
}

}  // namespace sinkmoe::report
