// init_from: which draft each draft starts from.
#pragma once

#include <vector>

#include "plan/sweep/resolver.h"

namespace sinkmoe::plan {

inline constexpr int kDeepestParents = 16;

// Checks the names of blocks. Throws Error: a name twice, an unknown block, a cycle, a
// chain longer than 16.
void check_block_parents(const std::vector<Block>& blocks);

// Sets Draft::parent; appends the parents that a table init_from makes (one per child; equal
// ones are merged by their run_id later). With a block's name, the parent is the point of that
// block that equals the child in every swept key in which the block's points differ. Throws
// Error: no such point.
void link_parents(const std::vector<Block>& blocks, Resolver& resolver, std::vector<Draft>& drafts);

}  // namespace sinkmoe::plan
