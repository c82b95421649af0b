// What an error means for an attempt: its outcome, which decides whether it is tried again.
#pragma once

#include <string>

#include "core/error.h"

namespace sinkmoe::queue {

// Exit codes of a worker that could not record why it ended; the program ends with the second, too.
inline constexpr int kExitNoMemory = 12, kExitDiskFull = 28;

// disk, oom, io or user. Not for StoreError's kind alone: files are written by several modules,
// which report the system's reason as text.
std::string outcome_of(const Error& error);

}  // namespace sinkmoe::queue
