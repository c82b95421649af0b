// The database of results if no --db is given.
#pragma once

namespace sinkmoe::store {

inline constexpr const char* kDefaultDatabase = "results/results.db";

}  // namespace sinkmoe::store
