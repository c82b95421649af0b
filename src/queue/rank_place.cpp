#include "queue/rank_place.h"

#include <cstdlib>

#include "core/error.h"
#include "core/text/number.h"

namespace sinkmoe::queue {

namespace {

constexpr int64_t kMostRanks = 4096, kMostPort = 65535;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value ? value : "";
}

int64_t number(const char* name, int64_t least, int64_t most) {
  const std::string text = variable(name);
  const auto value = parse_number<int64_t>(text);
  if (value && *value >= least && *value <= most) return *value;
  throw Error(text.empty() ? std::string(name) + " is not set, but WORLD_SIZE is"
                           : std::string(name) + " is '" + text + "', not a number from " +
                                 std::to_string(least) + " to " + std::to_string(most),
              "environment",
              "a process that is one of several ranks needs RANK, WORLD_SIZE, MASTER_ADDR and "
              "MASTER_PORT");
}

}  // namespace

std::optional<RankPlace> place_from_environment() {
  if (variable("WORLD_SIZE").empty()) return std::nullopt;
  RankPlace place;
  place.size = number("WORLD_SIZE", 1, kMostRanks);
  if (place.size == 1) return std::nullopt;
  place.rank = number("RANK", 0, place.size - 1);
  place.port = static_cast<uint16_t>(number("MASTER_PORT", 1, kMostPort));
  place.address = variable("MASTER_ADDR");
  if (place.address.empty())
    throw Error("MASTER_ADDR is not set, but WORLD_SIZE is", "environment",
                "it is the host of rank 0");
  return place;
}

int64_t ranks_here(int64_t configured) {
  const auto place = place_from_environment();
  return place ? place->size : configured;
}

}  // namespace sinkmoe::queue
