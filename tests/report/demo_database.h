// A database of made-up runs with the shape of the quick sweep: 3 variants x 2 weights x 3 seeds.
#pragma once

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include "core/random.h"
#include "store/store.h"

namespace sinkmoe::report {

struct DemoShape {
  std::string experiment = "quick";
  std::vector<std::string> variants = {"vanilla", "sink", "gated"};
  std::vector<double> weights = {0, 0.01};
  int64_t seeds = 3, layers = 2, heads = 4;
  std::string diverged;  // run_id of a run that diverges
};

inline const std::vector<MetricInfo> kDemoMetrics = {
    {"eval/loss", "nats", "lower", ""},    {"eval/floor", "nats", "", ""},
    {"eval/imbalance", "1", "", ""},       {"eval/max_layer_cv", "1", "", ""},
    {"eval/sink_rate", "percent", "", ""}, {"layer/cv", "1", "", ""},
    {"head/importance", "1", "", ""},      {"head/first_weight", "1", "", ""},
    {"head/value_ratio", "1", "", ""}};

inline std::string demo_run_id(const std::string& variant, double weight, int64_t seed) {
  return variant + "-" + std::to_string(static_cast<int>(weight * 1e4)) + "-s" +
         std::to_string(seed);
}

inline store::RunRow demo_run(const std::string& variant, double weight, int64_t seed) {
  store::RunRow run{.run_id = demo_run_id(variant, weight, seed),
                    .group_id = variant + std::to_string(weight),
                    .control_id = weight > 0 ? demo_run_id(variant, 0, seed) : "",
                    .label = variant,
                    .seed = seed,
                    .config = variant + std::to_string(weight),
                    .identity = variant + std::to_string(weight)};
  run.params = {{"attention.kind", "string", variant, "vanilla", "", ""},
                {"balance.weight", "float", weight, 0.0, "", ""},
                {"train.steps", "int", int64_t{1000}, int64_t{1000}, "", ""}};
  return run;
}

// Head importances that spread as training goes on, unless a weight holds them together.
inline std::vector<MetricRow> demo_rows(const DemoShape& shape, const store::RunRow& run,
                                        double weight, int64_t step) {
  Draw draw(static_cast<uint64_t>(run.seed), run.label, static_cast<uint64_t>(step),
            step == 0 ? 0 : static_cast<uint64_t>(weight * 1e6));
  const double progress = std::log1p(static_cast<double>(step)) / std::log1p(1000.0);
  const double spread = (weight > 0 ? 0.02 : 0.8) * std::pow(progress, 3);
  std::vector<MetricRow> rows;
  double total_cv = 0, max_cv = 0;
  int64_t sinks = 0;
  for (int l = 0; l < shape.layers; ++l) {
    double sum = 0, squares = 0;
    for (int h = 0; h < shape.heads; ++h) {
      const bool closed = (h + run.seed + l) % 4 < 2 && spread > 0.1;
      const double importance =
          std::clamp(0.9 * (1 - spread * (closed ? 1 : 0.4)) + 0.02 * draw.normal(), 0.01, 0.99);
      rows.push_back({"head/importance", step, l, h, importance});
      rows.push_back({"head/first_weight", step, l, h, 1 - importance});
      rows.push_back(
          {"head/value_ratio", step, l, h, std::exp(-4 * (1 - importance) + 0.2 * draw.normal())});
      sum += importance;
      squares += importance * importance;
      sinks += 1 - importance > 0.3;
    }
    const double n = static_cast<double>(shape.heads), mean = sum / n;
    const double cv = std::sqrt(std::max(squares / n - mean * mean, 0.0)) / mean;
    rows.push_back({"layer/cv", step, l, -1, cv});
    total_cv += cv;
    max_cv = std::max(max_cv, cv);
  }
  const double layers = static_cast<double>(shape.layers);
  rows.push_back({"eval/imbalance", step, -1, -1, total_cv / layers});
  rows.push_back({"eval/max_layer_cv", step, -1, -1, max_cv});
  rows.push_back(
      {"eval/sink_rate", step, -1, -1,
       100.0 * static_cast<double>(sinks) / (layers * static_cast<double>(shape.heads))});
  rows.push_back(
      {"eval/loss", step, -1, -1, 1.998 + 2.1 * std::exp(-6 * progress) + 0.0005 * draw.normal()});
  rows.push_back({"eval/floor", step, -1, -1, 1.99});
  return rows;
}

inline void make_demo(const std::filesystem::path& path, const DemoShape& shape = {}) {
  store::Store store(path);
  store::ExperimentRow experiment{shape.experiment, "Demo", "experiments/x.toml", "", "abc", {}};
  std::vector<double> weights;
  for (const std::string& variant : shape.variants)
    for (const double weight : shape.weights)
      for (int64_t seed = 0; seed < shape.seeds; ++seed) {
        experiment.runs.push_back(demo_run(variant, weight, seed));
        weights.push_back(weight);
      }
  store.put_experiment(experiment);
  for (size_t i = 0; i < experiment.runs.size(); ++i) {
    const store::RunRow& run = experiment.runs[i];
    const std::string ids[] = {run.run_id};
    store::Lease lease = *store.claim(ids, store::this_process());
    store.begin_attempt(lease,
                        {.device = "cpu", .processor = "test", .git_commit = "c0ffee0123456789"});
    store.describe(lease, kDemoMetrics);
    const bool diverged = run.run_id == shape.diverged;
    std::vector<MetricRow> rows;
    for (const int64_t step : {0, 1, 4, 10, 32, 100, 320, 1000}) {
      if (diverged && step >= 100) break;
      const std::vector<MetricRow> more = demo_rows(shape, run, weights[i], step);
      rows.insert(rows.end(), more.begin(), more.end());
    }
    store.add_metrics(lease, rows);
    store.finish(lease, {diverged ? Outcome::diverged : Outcome::done, ""});
  }
}

}  // namespace sinkmoe::report
