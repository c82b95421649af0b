#include "queue/supervisor/todo_runs.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "config/compose/canonical.h"
#include "queue/worker/checkpoints.h"

namespace sinkmoe::queue {

namespace {

template <class T>
T parsed(const std::string& text) {
  T value{};
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

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

Wanted make_wanted(const std::string& run_id, const std::string& label,
                   const config::RunConfig& config) {
  return {.run_id = run_id,
          .label = label,
          .steps = config.train.steps,
          .work = std::max(1.0, tokens_of(config))};
}

// Adds the missing ancestors of a run, oldest first.
class Ancestors {
 public:
  Ancestors(store::Store& store, bool retry_failed, std::vector<std::string>& notes)
      : store_(store), retry_failed_(retry_failed), notes_(notes) {}

  void add_for(const Wanted& child, std::vector<Wanted>& list) {
    if (child.settled || child.parent.empty() || !seen_.insert(child.parent).second) return;
    auto state = store_.state(child.parent);
    if (!state)
      throw Error("its parent " + child.parent + " is in no experiment of this database",
                  "run " + child.run_id, "run the parent's experiment first");
    std::string why;
    if (state->status == "done") {
      if (final_weights(store_, child.parent, &why)) return;
      store_.make_again(child.parent, why);
      notes_.push_back("run " + child.parent + " is made again for its children: " + why);
      state = store_.state(child.parent);
    }
    for (Wanted& known : list)
      if (known.run_id == child.parent) return refresh(known, *state, retry_failed_);
    Wanted parent =
        make_wanted(child.parent, state->label,
                    config::parse_canonical(store_.config(child.parent), "run " + child.parent));
    refresh(parent, *state, retry_failed_);
    add_for(parent, list);
    list.insert(list.begin() + static_cast<std::ptrdiff_t>(added_++), parent);
  }

 private:
  store::Store& store_;
  bool retry_failed_;
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

std::vector<Wanted> wanted_runs(store::Store& store, const plan::Plan& plan, bool retry_failed,
                                std::vector<std::string>& notes) {
  std::vector<Wanted> list;
  for (const plan::RunSpec& spec : plan.runs) {
    list.push_back(make_wanted(spec.run_id, spec.label, spec.config));
    refresh(list.back(), *store.state(spec.run_id), retry_failed);
  }
  Ancestors ancestors(store, retry_failed, notes);
  const std::vector<Wanted> planned = list;
  for (const Wanted& child : planned) ancestors.add_for(child, list);
  return list;
}

void refresh(Wanted& wanted, const store::RunState& state, bool retry_failed) {
  wanted.status = state.status;
  wanted.cause = state.cause;
  wanted.parent = state.parent_id;
  const bool tried_here = wanted.starts > 0;
  if (state.status == "failed")
    wanted.settled = !store::is_transient(state.cause) && !(retry_failed && !tried_here);
  else if (state.status == "quarantined")
    wanted.settled = !retry_failed || tried_here;
  else
    wanted.settled = state.status == "done" || state.status == "diverged";
  if (state.status == "done") wanted.fraction = 1;
}

}  // namespace sinkmoe::queue
