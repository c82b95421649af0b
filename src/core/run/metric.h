// The rows that training returns. They are plain values, because training knows no database.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace sinkmoe {

// One number of one run. `layer` and `head` are -1 if they do not apply. Values are finite.
struct MetricRow {
  std::string name;  // "eval/loss", "head/importance"; every name is described by a MetricInfo
  int64_t step = 0;
  int layer = -1, head = -1;
  double value = 0;
};

struct MetricInfo {
  std::string name, unit;  // unit: "nats", "1", "tokens/s", ...
  std::string better;      // "lower", "higher" or "" (neither)
  std::string help;
};

struct HistogramRow {
  std::string name;
  int64_t step = 0;
  int layer = -1, head = -1;
  double lo = 0, hi = 1;
  std::vector<int64_t> counts;
};

// Something to record that is not a number: "resumed", "threads changed", "gate mean clamped".
struct EventRow {
  std::string kind, text;
};

}  // namespace sinkmoe
