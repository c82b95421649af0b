// Parameters, tokens and FLOPs of runs, where each data set is opened once.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "plan/plan.h"

namespace sinkmoe::plan {

// The vocabulary of a text is in its token file. `assumed`, if above 0, is used for data sets that
// are missing here; without it such a run throws Error.
class CostTable {
 public:
  explicit CostTable(int64_t assumed = 0) : assumed_(assumed) {}
  Cost operator()(const config::RunConfig& config);
  int64_t vocabulary(const config::RunConfig& config);

 private:
  int64_t assumed_;
  std::map<std::string, int64_t> known_;
};

// FLOPs of training per token; 0 without training.
inline double flops_per_token(const Cost& cost) {
  return cost.tokens > 0 ? cost.flops / static_cast<double>(cost.tokens) : 0;
}

}  // namespace sinkmoe::plan
