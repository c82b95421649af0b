#include "live/view_json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace sinkmoe::live {

namespace {

using Json = nlohmann::ordered_json;

Json number(double value) { return std::isfinite(value) && value >= 0 ? Json(value) : Json(); }
Json number(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

// Neighbours are averaged until no more than `points` are left.
Json curve(const Curve& all, size_t points) {
  Json list = Json::array();
  const size_t each = points == 0 ? 1 : (all.size() + points - 1) / std::max<size_t>(points, 1);
  for (size_t i = 0; i < all.size(); i += each) {
    const size_t end = std::min(i + each, all.size());
    double sum = 0;
    for (size_t j = i; j < end; ++j) sum += all[j].value;
    list.push_back({all[end - 1].step, sum / static_cast<double>(end - i)});
  }
  return list;
}

Json run(const RunView& view, size_t points) {
  Json evaluation = Json::object();
  for (const auto& [name, value] : view.evaluation) evaluation[name] = value;
  return {{"run", view.run_id},
          {"label", view.label},
          {"status", name_of(view.status)},
          {"message", view.message},
          {"step", view.step},
          {"steps", view.steps},
          {"tokens_per_second", number(view.tokens_per_second)},
          {"flops_per_second", number(view.flops_per_second)},
          {"share_of_matrix_product", number(view.share)},
          {"seconds_left", number(view.seconds_left)},
          {"evaluated_at", view.evaluated_at < 0 ? Json() : Json(view.evaluated_at)},
          {"evaluation", evaluation},
          {"loss", curve(view.loss, points)},
          {"imbalance", curve(view.imbalance, points)}};
}

}  // namespace

std::string to_json(const SweepView& sweep, size_t points) {
  Json states = Json::object();
  for (const auto& [status, count] : sweep.states) states[name_of(status)] = count;
  Json object = {{"experiment", sweep.experiment},
                 {"title", sweep.title},
                 {"database", sweep.database},
                 {"drill", sweep.drills},
                 {"runs", sweep.total},
                 {"states", states},
                 {"open", sweep.open()},
                 {"seconds_left", number(sweep.seconds_left)},
                 {"running", Json::array()}};
  for (const RunView& view : sweep.running) object["running"].push_back(run(view, points));
  object["last"] = sweep.last ? run(*sweep.last, points) : Json();
  return object.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sinkmoe::live
