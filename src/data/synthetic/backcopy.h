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
// B[i, j] is proportional to (j + 1)^-zipf * exp(sharp * N(0, 1)), drawn from chain_seed and
// not from the run's seed, so every run sees the same task. The triggers are the symbols of rank
// trigger_rank and below under pi, the stationary distribution of B (rank 0: the most
// probable). With bos = false rows start at x_1 of the above.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "data/synthetic/common_options.h"

namespace sinkmoe::data {

// B is dense: 4096 symbols already take 128 MiB.
inline constexpr int64_t kMaxBackcopySymbols = 4096;

// Of a chain and its triggers, with the rows of the default sweep as defaults.
struct BackcopyOptions {
  int64_t symbols = 63, triggers = 3, chain_seed = 1;
  double zipf = 1.0, sharp = 1.5;
  int64_t trigger_rank = 0;
  bool bos = true;

  static void fields(auto& o, auto&& f) {
    f(common::symbols, o.symbols);
    f({.key = "triggers",
       .help = "trigger symbols (multicopy: of each kind)",
       .lo = 1,
       .hi = 1000,
       .stored_as = "data.triggers"},
      o.triggers);
    f(common::chain_seed, o.chain_seed);
    f(common::zipf, o.zipf);
    f(common::sharp, o.sharp);
    f({.key = "trigger_rank",
       .help = "rank in probability of the first trigger; 0: the most probable symbol",
       .lo = 0,
       .hi = 4096,
       .stored_as = "data.trigger_rank"},
      o.trigger_rank);
    f({.key = "bos",
       .help = "rows start with BOS; false: with an ordinary symbol",
       .stored_as = "data.bos"},
      o.bos);
  }
};

struct BackcopyTask {
  int64_t symbols = 0;
  int32_t bos = 0;                  // == symbols
  std::vector<double> transition;   // B, [symbols, symbols], rows sum to 1
  std::vector<double> stationary;   // pi, [symbols]
  std::vector<double> start;        // distribution of x_1: pi without triggers, [symbols]
  std::vector<int32_t> triggers;    // in order of falling probability; ties by symbol
  std::vector<uint8_t> is_trigger;  // [symbols + 1], BOS included

  std::span<const double> row(int64_t symbol) const {
    return std::span(transition)
        .subspan(static_cast<size_t>(symbol * symbols), static_cast<size_t>(symbols));
  }
  // True if the symbol after (before, last) is a copy of `before`.
  bool copies(int32_t before, int32_t last) const {
    return is_trigger[static_cast<size_t>(last)] && !is_trigger[static_cast<size_t>(before)] &&
           before != bos;
  }
};

// Throws Error: too many symbols, only triggers left, a chain that does not mix.
BackcopyTask make_backcopy(const BackcopyOptions& options);
// The same checks on the options alone, and a hash of them.
std::string backcopy_hash(const BackcopyOptions& options);

double entropy_nats(std::span<const double> probability);
double chain_entropy(const BackcopyTask& task);  // sum_i pi_i H(B[i, .]), nats
double trigger_mass(const BackcopyTask& task);   // sum of pi over the triggers

// Loss of the ideal predictor, which knows B, pi and the rule.
struct BackcopyFloor {
  double nats = 0;            // mean over all targets of a row
  double chain_nats = 0;      // mean over the chain positions; it is 0 over the backcopy positions
  double backcopy_share = 0;  // expected share of the targets that are copies
};

// The exact floor: carries the distribution of the last two symbols from position to position.
BackcopyFloor backcopy_floor(const BackcopyTask& task, int64_t context, bool bos = true);

}  // namespace sinkmoe::data
