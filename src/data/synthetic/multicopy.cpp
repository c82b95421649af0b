#include "data/synthetic/multicopy.h"

#include "core/error.h"
#include "core/hash.h"

namespace sinkmoe::data {

namespace {

// The options of a chain whose triggers are those of all kinds.
BackcopyOptions with_all_triggers(const MulticopyOptions& options) {
  const int64_t all = options.kinds * options.triggers;
  if (options.trigger_rank + all >= options.symbols)
    throw Error("data.kinds is " + std::to_string(options.kinds) + " with data.triggers " +
                    std::to_string(options.triggers) + " of each kind, from data.trigger_rank " +
                    std::to_string(options.trigger_rank) + " on, but there are " +
                    std::to_string(options.symbols) + " symbols",
                "", "lower data.kinds, data.triggers or data.trigger_rank");
  BackcopyOptions chain = options;
  chain.triggers = all;
  return chain;
}

}  // namespace

MulticopyTask make_multicopy(const MulticopyOptions& options) {
  MulticopyTask task{make_backcopy(with_all_triggers(options)),
                     std::vector<int64_t>(static_cast<size_t>(options.symbols + 1), 0)};
  for (size_t rank = 0; rank < task.chain.triggers.size(); ++rank) {
    const int64_t kind = static_cast<int64_t>(rank) % options.kinds;
    task.distance[static_cast<size_t>(task.chain.triggers[rank])] = 1 + kind * options.stride;
  }
  return task;
}

std::string multicopy_hash(const MulticopyOptions& options) {
  return sha256_hex("multicopy 1\nchain=" + backcopy_hash(with_all_triggers(options)) +
                    "\nkinds=" + std::to_string(options.kinds) +
                    "\nstride=" + std::to_string(options.stride) + "\n");
}

}  // namespace sinkmoe::data
