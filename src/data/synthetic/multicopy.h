// The synthetic task "multicopy": the chain of data/synthetic/backcopy.h with several kinds of
// triggers, each with its own copy distance. It needs more heads of a layer than backcopy does.
//
//   x_t = x_{t-1-d}  if x_{t-1} is a trigger of the kind with distance d, and that position is in
//                    the row and holds neither a trigger nor BOS                         ("copy")
//   x_t ~ B[x_{t-1}, .]    otherwise                                                    ("chain")
// Kind i copies from d = 1 + i * stride; the trigger of rank r in probability is of kind
// r modulo kinds, so the kinds are about equally frequent.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/synthetic/backcopy.h"

namespace sinkmoe::data {

struct MulticopyOptions : BackcopyOptions {
  int64_t kinds = 4, stride = 1;

  static void fields(auto& o, auto&& f) {
    BackcopyOptions::fields(o, f);
    f({.key = "kinds",
       .help = "kinds of triggers, each with its own copy distance",
       .lo = 1,
       .hi = 256,
       .stored_as = "data.kinds"},
      o.kinds);
    f({.key = "stride",
       .help = "kind i copies from 1 + i * stride before its trigger",
       .unit = "tokens",
       .lo = 1,
       .hi = 1024,
       .stored_as = "data.stride"},
      o.stride);
  }
};

struct MulticopyTask {
  BackcopyTask chain;             // with the triggers of all kinds
  std::vector<int64_t> distance;  // of a trigger, 0 for other symbols, [symbols + 1]

  // The position that row[t] copies, t >= 1; nullopt: row[t] comes from the chain.
  std::optional<size_t> copied_from(std::span<const int32_t> row, size_t t) const {
    const auto d = static_cast<size_t>(distance[static_cast<size_t>(row[t - 1])]);
    if (d == 0 || t < 1 + d) return {};
    const int32_t symbol = row[t - 1 - d];
    if (symbol == chain.bos || chain.is_trigger[static_cast<size_t>(symbol)]) return {};
    return t - 1 - d;
  }
};

// Throws Error like make_backcopy; kinds * triggers must leave a symbol that is not a trigger.
MulticopyTask make_multicopy(const MulticopyOptions& options);
std::string multicopy_hash(const MulticopyOptions& options);

}  // namespace sinkmoe::data
