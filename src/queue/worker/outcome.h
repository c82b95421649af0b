// Maps an error to the outcome of an attempt, which decides whether the run is tried again.
#pragma once

#include <string>

#include "core/error.h"

namespace sinkmoe::queue {

// Exit codes of a worker that could not record why it ended. The program also uses the second.
inline constexpr int kExitNoMemory = 12, kExitDiskFull = 28;

// disk, oom, io or user. Not for StoreError's kind alone: files are written by several modules,
// which report the system's reason as text.
std::string outcome_of(const Error& error);

}  // namespace sinkmoe::queue
