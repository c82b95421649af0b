#include "queue/supervisor/todo_runs.h"

#include <algorithm>
#include <set>

#include "config/compose/canonical.h"
#include "plan/cost_table.h"
#include "plan/stored_run.h"
#include "queue/worker/checkpoints.h"

namespace sinkmoe::queue {

namespace {

Cell cell_of(const config::FieldValue& value) {
  if (const auto* truth = std::get_if<bool>(&value)) return static_cast<int64_t>(*truth);
  if (const auto* whole = std::get_if<int64_t>(&value)) return *whole;
  if (const auto* number = std::get_if<double>(&value)) return *number;
  return std::get<std::string>(value);
}

std::vector<store::ParamRow> param_rows(const config::RunConfig& config) {
  std::vector<store::ParamRow> rows;
  for (const config::FieldView& view : config::field_views(config))
    rows.push_back({view.stored, config::type_name(view.value), cell_of(view.value),
                    cell_of(view.default_value), view.info.unit, view.info.help});
  return rows;
}

double tokens_of(const config::RunConfig& config) {
  return static_cast<double>(config.train.steps) *
         static_cast<double>(config.train.batch * config.data.context);
}

double flops_per_token(const config::RunConfig& config, plan::CostTable& cost_of) try {
  return plan::flops_per_token(cost_of(config));
} catch (const Error&) {
  return 0;  // the worker will say what is wrong with the data
}

TodoRun make_todo(const std::string& run_id, const std::string& label, const std::string& data,
                  const config::RunConfig& config, plan::CostTable& cost_of) {
  return {.run_id = run_id,
          .label = label,
          .data = data,
          .work = std::max(1.0, tokens_of(config)),
          .flops_per_token = flops_per_token(config, cost_of),
          .evaluates = config.train.steps == 0};
}

// Adds the missing ancestors of a run, oldest first.
class Ancestors {
 public:
  Ancestors(store::Store& store, const TodoRules& rules, plan::CostTable& cost_of,
            std::vector<std::string>& notes)
      : store_(store), rules_(rules), cost_of_(cost_of), notes_(notes) {}

  void add_for(const TodoRun& child, std::vector<TodoRun>& list) {
    if (child.settled || child.parent.empty() || !seen_.insert(child.parent).second) return;
    auto state = store_.state(child.parent);
    if (!state)
      throw Error("its parent " + child.parent + " is in no experiment of this database",
                  "run " + child.run_id, "run the parent's experiment first");
    std::string why;
    const bool done = state->status == RunStatus::done;
    if (done && final_weights(store_, child.parent, &why)) return;
    const TodoRun parent = todo_of(*state, list);
    if (done) {
      store_.make_again(child.parent, why);
      notes_.push_back("run " + child.parent + " is trained again for its children: " + why);
      state = store_.state(child.parent);
    }
    insert(parent, *state, list);
  }

 private:
  // The parent from the plan, or from its stored configuration.
  TodoRun todo_of(const store::RunState& state, const std::vector<TodoRun>& list) const {
    for (const TodoRun& known : list)
      if (known.run_id == state.run_id) return known;
    const config::RunConfig config =
        config::parse_canonical(store_.config(state.run_id), "run " + state.run_id);
    const std::string data =
        rules_.reads_data ? plan::verified_data(state.run_id, state.parent_id, config) : "";
    return make_todo(state.run_id, state.label, data, config, cost_of_);
  }

  void insert(TodoRun parent, const store::RunState& state, std::vector<TodoRun>& list) {
    for (TodoRun& known : list)
      if (known.run_id == parent.run_id) return refresh(known, state, rules_.retry_failed);
    refresh(parent, state, rules_.retry_failed);
    add_for(parent, list);
    list.insert(list.begin() + static_cast<std::ptrdiff_t>(added_++), parent);
  }

  store::Store& store_;
  const TodoRules& rules_;
  plan::CostTable& cost_of_;
  std::vector<std::string>& notes_;
  std::set<std::string> seen_;
  size_t added_ = 0;
};

}  // namespace

store::ExperimentRow experiment_row(const plan::Plan& plan) {
  store::ExperimentRow row{plan.name, plan.title, plan.path, plan.toml, plan.sha256, {}};
  for (const plan::RunSpec& spec : plan.runs)
    row.runs.push_back({spec.run_id, spec.group_id, spec.control, spec.parent, spec.label,
                        spec.config.train.seed, config::canonical_text(spec.config),
                        config::identity_text(spec.config), param_rows(spec.config)});
  return row;
}

std::vector<TodoRun> todo_runs(store::Store& store, const plan::Plan& plan, const TodoRules& rules,
                               std::vector<std::string>& notes) {
  std::vector<TodoRun> list;
  plan::CostTable cost_of;
  for (const plan::RunSpec& spec : plan.runs) {
    list.push_back(make_todo(spec.run_id, spec.label, spec.data, spec.config, cost_of));
    refresh(list.back(), *store.state(spec.run_id), rules.retry_failed);
  }
  Ancestors ancestors(store, rules, cost_of, notes);
  const std::vector<TodoRun> planned = list;
  for (const TodoRun& child : planned) ancestors.add_for(child, list);
  return list;
}

void refresh(TodoRun& run, const store::RunState& state, bool retry_failed) {
  run.status = state.status;
  run.parent = state.parent_id;
  run.in_job = state.owner && store::is_job(*state.owner);
  const bool retry = retry_failed && run.starts == 0;
  if (state.status == RunStatus::failed)
    run.settled = !(state.cause && is_transient(*state.cause)) && !retry;
  else if (state.status == RunStatus::quarantined)
    run.settled = !retry;
  else
    run.settled = state.status == RunStatus::done || state.status == RunStatus::diverged;
  if (state.status == RunStatus::done) run.fraction = 1;
}

}  // namespace sinkmoe::queue
