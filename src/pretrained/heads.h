// What `sinkmoe heads` measures of a pretrained model, and the interface to the LibTorch half,
// which measures it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/run/metric.h"
#include "pretrained/checkpoint.h"

namespace sinkmoe::pretrained {

using Grid = std::vector<std::vector<double>>;  // [layer with softmax attention][head]

// Rows of T + 1 tokens: T inputs, and for each the next token as its target.
struct TokenRows {
  std::vector<std::vector<int32_t>> rows;
  std::optional<int64_t> target_bytes;  // bytes of text that all targets stand for
  int64_t context() const { return static_cast<int64_t>(rows.front().size()) - 1; }
};

// Formulas as in docs/metrics.md, for the heads of the unchanged model.
struct HeadsResult {
  int64_t rows = 0, context = 0;
  double loss = 0;  // nats per predicted token
  std::optional<double> bits_per_byte;
  Grid importance, first_weight, value_ratio, out_norm;  // head/...
  Grid gate_low, gate_high;                              // head/gate_q10, head/gate_q90
  // The same over the first `short_context` tokens of each row, as a run with that context sees.
  int64_t short_context = 0;
  Grid short_importance, short_first_weight;
  // The number of the layer of each row of the grids; empty: all layers. Layers of linear attention
  // have no softmax and so no sink, and are left out.
  std::vector<int64_t> layers = {};
  std::vector<double> cv;      // layer/cv
  std::vector<bool> windowed;  // layers whose window is shorter than the rows
  bool learned_sinks = false;  // importance is then 1 - weight on the learned sink
  bool gated = false;          // importance is then the mean of the explicit gate
  // The same and everything else that an evaluation of a trained run stores, at step 0, with their
  // descriptions. Names that end in _t64 are of the first 64 tokens of each row.
  std::vector<MetricRow> metrics = {};
  std::vector<MetricInfo> infos = {};
};

struct MeasureCost {
  double seconds = 0;      // from a short timing of matrix products
  int64_t peak_bytes = 0;  // in addition to the program itself
};

// Implemented with LibTorch (src/inference/measures); registered under the name "heads".
struct Measure {
  static constexpr const char* kind = "measure";
  std::string name, help;
  std::function<MeasureCost(const Model&, int64_t rows, int64_t context)> cost;
  std::function<HeadsResult(const Model&, const TokenRows&,
                            const std::function<void(double done)>& progress)>
      run;
};

inline constexpr double kSinkThreshold = 0.3;    // of the weight on token 0 (E21)
inline constexpr double kClosedThreshold = 0.1;  // below this importance a head is closed
inline constexpr double kDominantRatio = 1.5;    // importance relative to its layer's mean

// The layer of a row of the grids.
int64_t layer_of(const HeadsResult& r, size_t row);

struct HeadName {
  int64_t layer, head;
  double importance;
};
std::vector<HeadName> closed_heads(const HeadsResult& r);
std::vector<HeadName> dominant_heads(const HeadsResult& r);

double mean(const Grid& grid);
double mean(const std::vector<double>& values);  // 0 if empty
// Percent of all heads above the threshold.
double percent_above(const Grid& grid, double threshold);

}  // namespace sinkmoe::pretrained
