// Hooks that keep what training hands out.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "support/tiny.h"
#include "train/trainer.h"

namespace sinkmoe::testing {

struct Recorder {
  std::vector<MetricRow> rows;
  std::vector<HistogramRow> histograms;
  std::vector<EventRow> events;
  std::map<int64_t, std::filesystem::path> checkpoints;
  std::filesystem::path final_weights;
  int64_t stop_at = -1;  // ask for a stop once this step is reached
  int64_t step = 0;
  double shown_loss = 0;  // in the line of live state

  train::TrainHooks hooks() {
    return {.metrics = [this](const auto& r) { rows.insert(rows.end(), r.begin(), r.end()); },
            .histograms =
                [this](const auto& h) { histograms.insert(histograms.end(), h.begin(), h.end()); },
            .event = [this](const auto& e) { events.push_back(e); },
            .checkpoint = [this](int64_t s, const auto& f,
                                 bool final) { (final ? final_weights : checkpoints[s]) = f; },
            .progress = [this](const auto& p) { step = p.step, shown_loss = p.loss; },
            .stop_requested = [this] { return stop_at >= 0 && step >= stop_at; }};
  }

  // Every metric but the speed, in order: what must be equal between equal runs.
  std::vector<std::tuple<std::string, int64_t, int, int, double>> comparable() const {
    std::vector<std::tuple<std::string, int64_t, int, int, double>> out;
    for (const MetricRow& r : rows)
      if (r.name != "train/tokens_per_s")
        out.emplace_back(r.name, r.step, r.layer, r.head, r.value);
    return out;
  }

  double first(const std::string& name) const {
    for (const MetricRow& r : rows)
      if (r.name == name) return r.value;
    return std::nan("");
  }

  double last(const std::string& name) const {
    double value = std::nan("");
    for (const MetricRow& r : rows)
      if (r.name == name) value = r.value;
    return value;
  }
};

// Trains to the end.
inline Recorder run(const config::RunConfig& config, const std::filesystem::path& folder,
                    const std::optional<std::filesystem::path>& weights = {}) {
  Recorder recorder;
  const auto source = data::open_source(config.data);
  EXPECT_EQ(train::train({config, folder, {}, weights}, *source, recorder.hooks()).end,
            train::TrainResult::End::done);
  return recorder;
}

// The same, stopped at step `cut_at` and resumed from the checkpoint of that step.
inline Recorder run_cut(const config::RunConfig& config, const std::filesystem::path& folder,
                        const std::optional<std::filesystem::path>& weights = {},
                        int64_t cut_at = 13) {
  Recorder recorder;
  const auto source = data::open_source(config.data);
  recorder.stop_at = cut_at;
  EXPECT_EQ(train::train({config, folder, {}, weights}, *source, recorder.hooks()).end,
            train::TrainResult::End::interrupted);
  recorder.stop_at = -1;
  const std::filesystem::path cut = recorder.checkpoints.at(cut_at);
  EXPECT_EQ(recorder.checkpoints.rbegin()->first, cut_at);
  EXPECT_EQ(train::train({config, folder, cut, weights}, *source, recorder.hooks()).end,
            train::TrainResult::End::done);
  return recorder;
}

}  // namespace sinkmoe::testing
