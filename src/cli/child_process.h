// A command made by a child of this process, for libraries that crash where they should throw: the
// parent lives to say what happened and to clear up.
#pragma once

#include <optional>

namespace sinkmoe::cli {

// Returns twice: nothing in the child, which goes on as the program; its wait status in the parent,
// once the child has ended. A child whose parent is killed ends with it. To be called before the
// first thread is started. Throws Error when no process can be made.
std::optional<int> continue_in_child();

}  // namespace sinkmoe::cli
