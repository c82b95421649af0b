// What a report needs to know of the database, and single documents made from it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "report/document/document.h"
#include "report/judge/cells.h"
#include "report/judge/family.h"
#include "report/sweep/axes.h"

namespace sinkmoe::report {

// The parts of the database that a report needs to know.
struct Stock {
  std::vector<std::string> experiments;  // sorted
  std::set<std::string> columns;         // of run_wide
  std::map<std::string, std::string> commits;
  Trainings trainings;
  std::map<std::string, std::string> parents;  // run_id -> run_id that it starts from
  std::map<std::string, double> hours;         // run_id -> hours of all its attempts
  std::string variants, losses;                // the parameters :variants and :losses
};

// The experiments of the spec that the database has and `only` names (empty: all); "*" means those
// that no artifact names.
std::vector<std::string> experiments_of(const Spec& spec, const Stock& stock,
                                        const std::vector<std::string>& only);

// Fills run_hours of every judgement.
void add_hours(std::vector<Judgement>& judgements, const Stock& stock);

class Maker {
 public:
  explicit Maker(const QueryFunction& query);

  const Stock& stock() const { return stock_; }

  // The whole document. An axis of the experiment that the spec's keys lack is added to them. Throws
  // Error.
  Document make(Spec spec, const std::string& experiment);
  // Only its judgements; none if the spec's keys do not fit the experiment. Throws Error.
  Document measure(const Spec& spec, const std::string& experiment) const;

 private:
  DocumentInput ask(const Spec& spec, const std::string& experiment, bool shown) const;
  std::string task_of(const std::string& experiment) const;
  std::vector<Axis> missing_axes(const Spec& spec, const std::string& experiment,
                                 const TwoRunsInOneCell& e);

  const QueryFunction& query_;
  Stock stock_;
  std::map<std::string, Sweep> sweeps_;
};

}  // namespace sinkmoe::report
