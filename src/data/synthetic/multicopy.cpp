#include "data/synthetic/multicopy.h"

#include "core/error.h"
#include "core/hash.h"

namespace sinkmoe::data {

namespace {

// The backcopy fields of a chain whose triggers are those of all kinds.
config::DataConfig with_all_triggers(const config::DataConfig& config) {
  const int64_t all = config.kinds * config.triggers;
  if (config.trigger_rank + all >= config.symbols)
    throw Error("data.kinds is " + std::to_string(config.kinds) + " with data.triggers " +
                    std::to_string(config.triggers) + " of each kind, from data.trigger_rank " +
                    std::to_string(config.trigger_rank) + " on, but there are " +
                    std::to_string(config.symbols) + " symbols",
                "", "lower data.kinds, data.triggers or data.trigger_rank");
  config::DataConfig chain = config;
  chain.triggers = all;
  return chain;
}

}  // namespace

MulticopyTask make_multicopy(const config::DataConfig& config) {
  MulticopyTask task{make_backcopy(with_all_triggers(config)),
                     std::vector<int64_t>(static_cast<size_t>(config.symbols + 1), 0)};
  for (size_t rank = 0; rank < task.chain.triggers.size(); ++rank) {
    const int64_t kind = static_cast<int64_t>(rank) % config.kinds;
    task.distance[static_cast<size_t>(task.chain.triggers[rank])] = 1 + kind * config.stride;
  }
  return task;
}

std::string multicopy_hash(const config::DataConfig& config) {
  return sha256_hex("multicopy 1\nchain=" + backcopy_hash(with_all_triggers(config)) +
                    "\nkinds=" + std::to_string(config.kinds) +
                    "\nstride=" + std::to_string(config.stride) + "\n");
}

}  // namespace sinkmoe::data
