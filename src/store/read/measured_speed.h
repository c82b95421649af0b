// What scripts/bench.sh measured on the machine of a run.
#pragma once

#include <optional>
#include <string>

#include "store/read/query.h"

namespace sinkmoe::store {

// FLOP/s of a matrix product on the processor and device of the run's last attempt, with as many
// threads; nothing if the database has no such measurement. Throws Error like Reader::query.
std::optional<double> matrix_product_speed(const Reader& reader, const std::string& run_id);

}  // namespace sinkmoe::store
