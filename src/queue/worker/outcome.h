// Maps an error to the outcome of an attempt, which decides whether the run is tried again.
#pragma once

#include "core/error.h"
#include "core/run/run.h"

namespace sinkmoe::queue {

// Exit codes of a worker that could not record why it ended. The program also uses the second.
inline constexpr int kExitNoMemory = 12, kExitDiskFull = 28;

Outcome outcome_of(const Error& error);  // disk, memory, io or user

}  // namespace sinkmoe::queue
