// The synthetic task "backcopy" (E22): a random Zipf-Markov chain in which a trigger copies
// the symbol before it.
//
// With n symbols and BOS = n:
//
//   x_0 = BOS
//   x_1 ~ pi without triggers
//   x_t = x_{t-2}            if x_{t-1} is a trigger and x_{t-2} is neither a trigger nor BOS
//                            (loss part "backcopy")
//   x_t ~ B[x_{t-1}, .]      otherwise (loss part "chain")
//
// B[i, j] is proportional to (j + 1)^-zipf * exp(sharp * N(0, 1)), drawn from data.chain_seed and
// not from the run's seed, so every run sees the same task. The triggers are the symbols of rank
// data.trigger_rank and below under pi, the stationary distribution of B (rank 0: the most
// probable). With data.bos = false rows start at x_1 of the above.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "config/run_config.h"

namespace sinkmoe::data {

// B is dense: 4096 symbols already take 128 MiB.
inline constexpr int64_t kMaxBackcopySymbols = 4096;

struct BackcopyTask {
  int64_t symbols = 0;
  int32_t bos = 0;                  // == symbols
  std::vector<double> transition;   // B, [symbols, symbols], rows sum to 1
  std::vector<double> stationary;   // pi, [symbols]
  std::vector<double> start;        // distribution of x_1: pi without triggers, [symbols]
  std::vector<int32_t> triggers;    // in falling probability; equal ones by symbol
  std::vector<uint8_t> is_trigger;  // [symbols + 1], BOS included

  std::span<const double> row(int64_t symbol) const {
    return std::span(transition)
        .subspan(static_cast<size_t>(symbol * symbols), static_cast<size_t>(symbols));
  }
  // True when the symbol after (before, last) is a copy of `before`.
  bool copies(int32_t before, int32_t last) const {
    return is_trigger[static_cast<size_t>(last)] && !is_trigger[static_cast<size_t>(before)] &&
           before != bos;
  }
};

// Throws Error: too many symbols, no symbol left that is not a trigger, a chain that does not mix.
BackcopyTask make_backcopy(const config::DataConfig& config);
// The same checks on the fields alone, and a hash of the fields that decide the rows.
std::string backcopy_hash(const config::DataConfig& config);

double entropy_nats(std::span<const double> probability);
double chain_entropy(const BackcopyTask& task);  // sum_i pi_i H(B[i, .]), nats
double trigger_mass(const BackcopyTask& task);   // sum of pi over the triggers

// Loss of the ideal predictor, which knows B, pi and the rule.
struct BackcopyFloor {
  double nats = 0;            // mean over all targets of a row
  double chain_nats = 0;      // mean over the chain positions; it is 0 over the backcopy positions
  double backcopy_share = 0;  // expected share of the targets that are copies
};

// Exact: carries the distribution of the last two symbols from position to position.
BackcopyFloor backcopy_floor(const BackcopyTask& task, int64_t context, bool bos = true);

}  // namespace sinkmoe::data
