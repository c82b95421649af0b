// Runs a command in a child process, for libraries that crash instead of throwing. The parent
// survives, reports what happened and cleans up.
#pragma once

#include <optional>

namespace sinkmoe::cli {

// Returns twice: nullopt in the child, which continues as the program; the child's wait status in
// the parent, once the child has ended. If the parent is killed, the child ends too. Call it before
// the first thread is started. Throws Error if no process can be created.
std::optional<int> continue_in_child();

}  // namespace sinkmoe::cli
