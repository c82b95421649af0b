// Options that several synthetic sources have: each names those that it reads. They are stored
// under one key, so that sources can be exchanged in a configuration that sets them.
#pragma once

#include "config/plugins/options.h"

namespace sinkmoe::data::common {

inline const config::FieldInfo symbols{.key = "symbols",
                                       .help = "symbols, without BOS",
                                       .lo = 4,
                                       .hi = 4096,
                                       .stored_as = "data.symbols"};
inline const config::FieldInfo chain_seed{.key = "chain_seed",
                                          .help = "seed of the task, not of the run",
                                          .lo = 0,
                                          .hi = 1e15,
                                          .stored_as = "data.chain_seed"};
inline const config::FieldInfo zipf{.key = "zipf",
                                    .help = "exponent of the chain's Zipf weights",
                                    .lo = 0,
                                    .hi = 10,
                                    .stored_as = "data.zipf"};
inline const config::FieldInfo sharp{.key = "sharp",
                                     .help = "spread of the chain's log transition weights",
                                     .lo = 0,
                                     .hi = 20,
                                     .stored_as = "data.sharp"};
inline const config::FieldInfo pairs{.key = "pairs",
                                     .help = "key-value pairs per row",
                                     .lo = 1,
                                     .hi = 4096,
                                     .stored_as = "data.pairs"};
inline const config::FieldInfo queries{.key = "queries",
                                       .help = "questions per row, each about any of its pairs",
                                       .lo = 1,
                                       .hi = 4096,
                                       .stored_as = "data.queries"};

}  // namespace sinkmoe::data::common
