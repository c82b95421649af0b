#include "report/sweep/plot_spec.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/text/number.h"
#include "core/text/quote.h"
#include "core/text/split_join.h"
#include "core/text/suggest.h"

namespace sinkmoe::report {

namespace {

constexpr size_t kManySteps = 300;  // above this, a line shows means of several steps
constexpr size_t kShownSteps = 200;
constexpr size_t kPanelsAcross = 4, kPanelsDown = 6;

// Which dimension is drawn how.
struct Roles {
  const Dimension* x = nullptr;
  std::vector<const Dimension*> series;
  const Dimension *cols = nullptr, *rows = nullptr;
};

const Dimension& dimension_of(const Sweep& sweep, const std::string& key,
                              const std::string& option) {
  for (const Dimension& d : sweep.dimensions)
    for (const Axis& a : d)
      if (a.key == key || a.column == key) return d;
  const std::vector<std::string> keys = sweep.keys();
  if (key == "train.seed")
    throw Error(
        "runs that differ only in their seed are one point, their mean", option,
        (keys.empty() ? "draw over step or tokens" : "give step, tokens or " + join(keys, ", ")) +
            "; the number of every seed: sinkmoe query \"select seed, label, eval_loss from "
            "experiment_wide where experiment = '" +
            sweep.experiments.front() + "'\"");
  throw Error("its runs do not differ in '" + key + "'",
              "experiment " + join(sweep.experiments, ", ") + ", " + option,
              keys.empty() ? "they differ only in their seed" : known_names(key, keys));
}

// Few words are the best panels, then few numbers.
size_t panel_cost(const Dimension& d) { return d[0].values.size() + (d[0].numeric ? 10 : 0); }

Roles roles_of(const Sweep& sweep, const PlotRequest& request, const Dimension* x, bool rows_free) {
  Roles roles{.x = x};
  std::vector<const Dimension*> rest;
  for (const std::string& key : request.by)
    roles.series.push_back(&dimension_of(sweep, key, "--by"));
  const auto taken = [&](const Dimension& d) {
    return &d == x || std::find(roles.series.begin(), roles.series.end(), &d) != roles.series.end();
  };
  for (const Dimension& d : sweep.dimensions)
    if (!taken(d)) rest.push_back(&d);
  std::stable_sort(rest.begin(), rest.end(), [](const Dimension* a, const Dimension* b) {
    return panel_cost(*a) < panel_cost(*b);
  });
  const auto panel = [&](const Dimension*& place, size_t most) {
    const size_t kept = roles.series.empty() ? 1 : 0;  // one dimension stays for the lines
    if (rest.size() <= kept || rest[0]->front().values.size() > most) return;
    place = rest[0];
    rest.erase(rest.begin());
  };
  panel(roles.cols, kPanelsAcross);
  if (rows_free) panel(roles.rows, kPanelsDown);
  roles.series.insert(roles.series.end(), rest.begin(), rest.end());
  return roles;
}

NamedColumn named(const Axis& axis) { return {axis.column, axis.title}; }

void apply(const Roles& roles, Layout& layout) {
  for (const Dimension* d : roles.series)
    for (size_t i = 0; i < std::min<size_t>(d->size(), 2); ++i)
      layout.series.push_back(named((*d)[i]));
  if (roles.cols) layout.panel_cols = named(roles.cols->front());
  if (roles.rows) layout.panel_rows = named(roles.rows->front());
}

// Few places that spread over decades, such as the evaluations of a run.
bool log_steps(const std::vector<int64_t>& steps) {
  if (steps.size() > 60 || steps.size() < 4) return false;
  return steps.back() > 4 * std::max<int64_t>(steps[steps.size() / 2], 1);
}

bool log_axis(const Axis& axis) {
  std::vector<double> places;
  for (const std::string& v : axis.values) {
    const double x = *parse_number<double>(v);
    if (x < 0) return false;
    if (x > 0) places.push_back(x);
  }
  return places.size() > 1 && places.back() >= 4 * places.front();
}

class PlotMaker {
 public:
  PlotMaker(const QueryFunction& query, const Sweep& sweep, const MetricFacts& metric,
            const PlotRequest& request)
      : query_(query), sweep_(sweep), metric_(metric), request_(request) {}

  Spec make() {
    std::string x = request_.x;
    steps_ = steps_of(query_, sweep_, metric_);
    if (x.empty()) {
      if (metric_.level == "head") return heads();
      x = steps_.size() > 1 ? "step" : first_axis();
    }
    if (x == "step" || x == "steps" || x == "tokens") return over_steps(x == "tokens");
    return x.empty() ? over_axis(nullptr) : over_axis(&dimension_of(sweep_, x, "--x"));
  }

 private:
  // The number axis with most values, else the first axis.
  std::string first_axis() const {
    const Axis* best = nullptr;
    for (const Dimension& d : sweep_.dimensions)
      if (!best || (d[0].numeric && (!best->numeric || d[0].values.size() > best->values.size())))
        best = &d[0];
    return best ? best->key : "";
  }

  Spec start(const std::string& what) const {
    Spec spec = sweep_spec(sweep_, "sweep_" + metric_.column() + what,
                           metric_.name + (metric_.help.empty() ? "" : ": " + metric_.help));
    spec.layout.y = {.column = "value", .title = metric_.name, .unit = metric_.unit};
    const ValueRange range = range_of(query_, sweep_, metric_);
    spec.layout.y.log = request_.log || (range.positive() && range.high >= 50 * range.low);
    return spec;
  }

  bool several() const { return sweep_.experiments.size() > 1; }
  std::string select() const {
    return "select " + axis_columns(sweep_) + (several() ? "e.experiment, " : "") +
           "e.seed, e.run_id, e.status, ";
  }
  std::string from(const std::string& view) const {
    return "\nfrom experiment_wide e join " + view + " m on m.run_id = e.run_id\nwhere " +
           (several() ? "e.experiment in " + sweep_.in_list() : "e.experiment = :experiment") +
           " and m.name = " + in_quotes(metric_.name, '\'');
  }
  std::string order() const { return "\norder by " + axis_order(sweep_) + "e.seed, x, m.layer"; }

  // Metrics of layers get a row of panels for each layer; those of heads show the mean of a layer.
  void add_layers(Spec& spec) const {
    if (metric_.level == "run") return;
    spec.layout.panel_rows = NamedColumn{"layer", "layer"};
    if (metric_.level == "head") spec.caption += " Mean over the heads of a layer.";
  }

  std::string value_of(bool binned) const {
    const bool mean = binned || metric_.level == "head";
    return std::string(mean ? "avg(m.value)" : "m.value") + " as value, m.layer";
  }

  Spec over_steps(bool tokens) const {
    Spec spec = start("");
    const int64_t last = steps_.empty() ? 0 : steps_.back();
    const int64_t width = steps_.size() <= kManySteps ? 1 : last / kShownSteps + 1;
    const std::string w = std::to_string(width);
    std::string x = width > 1 ? "(m.step / " + w + ") * " + w : "m.step";
    if (tokens) x = "(" + x + ") * e.train_batch * e.data_context";
    const bool grouped = width > 1 || metric_.level == "head";
    spec.query = select() + x + " as x, " + value_of(width > 1) + from("v_metric") +
                 (grouped ? "\ngroup by e.experiment, e.run_id, x, m.layer" : "") + order();
    spec.layout.kind = LayoutKind::kLines;
    spec.layout.x = {.column = "x",
                     .title = tokens ? "training tokens" : "optimizer step",
                     .log = log_steps(steps_)};
    add_layers(spec);
    if (width > 1) spec.caption += " Each point is the mean of " + w + " steps.";
    finish(spec, nullptr);
    return spec;
  }

  Spec over_axis(const Dimension* dimension) const {
    const Axis axis =
        dimension ? dimension->front()
                  : Axis{"attention.kind", "attention_kind", "e.attention_kind", "", {}, false};
    Spec spec = start("_by_" + axis.column);
    spec.query = select() + axis.expression + " as x, " + value_of(false) + from("v_final") +
                 (metric_.level == "head" ? "\ngroup by e.experiment, e.run_id, m.layer" : "") +
                 order();
    spec.layout.kind = axis.numeric ? LayoutKind::kLines : LayoutKind::kBars;
    spec.layout.x = {.column = "x", .title = axis.key, .log = axis.numeric && log_axis(axis)};
    if (!axis.numeric) spec.layout.y.log = false;  // bars stand on 0
    spec.caption += " Values at the last step.";
    add_layers(spec);
    finish(spec, dimension);
    return spec;
  }

  Spec heads() const {
    Spec spec = start("");
    spec.query = select() + "m.layer, m.head, m.head as x, m.value" + from("v_final") + order();
    spec.layout.kind = LayoutKind::kHeatmap;
    spec.layout.x = {.column = "head", .title = "head"};
    spec.layout.color = {.column = "value", .title = metric_.name, .unit = metric_.unit};
    spec.layout.y = {.column = "layer", .title = "layer"};
    spec.caption += " Values at the last step.";
    finish(spec, nullptr);
    return spec;
  }

  void finish(Spec& spec, const Dimension* x) const {
    const bool heat = spec.layout.kind == LayoutKind::kHeatmap;
    Roles roles = roles_of(sweep_, request_, x, !spec.layout.panel_rows);
    if (heat) {  // no lines: the series become panels
      for (const Dimension* d : std::exchange(roles.series, {}))
        if (!roles.cols)
          roles.cols = d;
        else if (!roles.rows)
          roles.rows = d;
    }
    if (several()) spec.layout.series.push_back({"experiment", "", sweep_.experiments});
    apply(roles, spec.layout);
    spec.caption = std::string(trim(spec.caption + " " + zip_note(sweep_)));
  }

  const QueryFunction& query_;
  const Sweep& sweep_;
  const MetricFacts& metric_;
  const PlotRequest& request_;
  std::vector<int64_t> steps_;
};

}  // namespace

Spec plot_spec(const QueryFunction& query, const Sweep& sweep, const MetricFacts& metric,
               const PlotRequest& request) {
  // Of axes that go together the one that was asked for is drawn.
  Sweep asked = sweep;
  std::vector<std::string> keys = request.by;
  keys.push_back(request.x);
  for (const std::string& key : keys)
    for (Dimension& d : asked.dimensions) {
      const auto axis = std::find_if(
          d.begin(), d.end(), [&](const Axis& a) { return a.key == key || a.column == key; });
      if (axis != d.end()) std::rotate(d.begin(), axis, axis + 1);
    }
  return PlotMaker(query, asked, metric, request).make();
}

std::string axis_columns(const Sweep& sweep) {
  std::string text;
  for (const Dimension& d : sweep.dimensions)
    for (const Axis& a : d) text += a.expression + " as " + in_quotes(a.column, '"') + ", ";
  return text;
}

std::string axis_order(const Sweep& sweep) {
  std::string text;
  for (const Dimension& d : sweep.dimensions) {
    const std::string& key = d[0].key;
    if (key == "attention.kind") text += "instr(:variants, e.attention_kind), ";
    if (key == "balance.loss") text += "instr(:losses, e.balance_loss), ";
    text += d[0].expression + ", ";
  }
  return text;
}

Spec sweep_spec(const Sweep& sweep, const std::string& name, const std::string& title) {
  Spec spec;
  spec.name = name;
  spec.path = "the sweep " + join(sweep.experiments, ", ");
  spec.paper = "Made from the plan of the experiment";
  spec.title = title;
  for (const std::string& e : sweep.experiments) spec.experiments.push_back({e, 2, false});
  return spec;
}

std::string zip_note(const Sweep& sweep) {
  std::string text;
  for (const Dimension& d : sweep.dimensions) {
    if (d.size() < 2) continue;
    std::vector<std::string> others;
    for (size_t i = 1; i < d.size(); ++i) others.push_back(d[i].key);
    text += fmt::format("{}{} {} with {}.", text.empty() ? "" : " ", join(others, ", "),
                        others.size() == 1 ? "goes" : "go", d[0].key);
  }
  return text;
}

}  // namespace sinkmoe::report
