#include "plan/timing.h"

#include <algorithm>
#include <cmath>

#include "config/compose/canonical.h"

namespace sinkmoe::plan {

namespace {

constexpr double kStart_seconds =
    2;  // of a process that loads LibTorch; only without measured runs

// Everything that decides how long a step and the evaluations take. Values like the learning rate or the seed do not.
std::string shape_of(const config::RunConfig& config) {
  const config::TrainConfig& t = config.train;
  return config::section_text(config, {"model", "attention", "data", "eval"}) +
         config.balance.loss + " " + std::to_string(t.batch) + " " +
         std::to_string(t.micro_batches) + " " + std::to_string(t.lora_rank) + " " +
         config::section_text(config, {"run"});
}

double work_per_token(const config::RunConfig& config, const Cost& cost) {
  return work_of(config, cost) / std::max(1.0, static_cast<double>(cost.tokens));
}

// The value below which this part of the others lies.
double quantile(std::vector<double> values, double part) {
  const auto at = values.begin() +
                  static_cast<std::ptrdiff_t>(part * static_cast<double>(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), at, values.end());
  return *at;
}

}  // namespace

double work_of(const config::RunConfig& config, const Cost& cost) {
  // The forward pass is a third of a training step.
  const double forward = cost.flops / std::max(1.0, static_cast<double>(cost.tokens)) / 3;
  const auto evaluated =
      static_cast<double>(config.eval.points * config.eval.tokens + config.eval.final_tokens);
  return cost.flops + forward * evaluated;
}

Timings::Timings(const std::vector<MeasuredRun>& runs, double assumed_flops)
    : assumed_flops_(assumed_flops) {
  for (const MeasuredRun& run : runs) {
    const double work = work_of(run.config, run.cost);
    if (work <= 0 || run.seconds <= 0) continue;
    Shape& shape = shapes_[shape_of(run.config)];
    shape.work_per_token = work_per_token(run.config, run.cost);
    shape.seconds_per_work.push_back(run.seconds / work);
  }
}

// The speed of a machine depends most on the size of its matrices.
const Timings::Shape* Timings::nearest(double wanted) const {
  const Shape* best = nullptr;
  const auto distance = [&](const Shape& shape) {
    return std::abs(std::log(shape.work_per_token / wanted));
  };
  for (const auto& [key, shape] : shapes_)
    if (!best || distance(shape) < distance(*best)) best = &shape;
  return best;
}

TimeEstimate Timings::operator()(const config::RunConfig& config, const Cost& cost) const {
  const double work = work_of(config, cost);
  const auto same = shapes_.find(shape_of(config));
  const Shape* shape =
      same != shapes_.end() ? &same->second : nearest(work_per_token(config, cost));
  if (!shape) {
    const double seconds = work / assumed_flops_ + kStart_seconds;
    return {.seconds = seconds, .low = seconds, .high = seconds};
  }
  return {.seconds = work * quantile(shape->seconds_per_work, 0.5),
          .low = work * quantile(shape->seconds_per_work, 0.1),
          .high = work * quantile(shape->seconds_per_work, 0.9),
          .same_shape = same != shapes_.end(),
          .runs = static_cast<int64_t>(shape->seconds_per_work.size())};
}

}  // namespace sinkmoe::plan
