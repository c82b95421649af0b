// Resolves init_from: finds the parent of each draft.
#pragma once

#include <vector>

#include "plan/sweep/resolver.h"

namespace sinkmoe::plan {

inline constexpr int kDeepestParents = 16;

// Checks the names of blocks. Throws Error: a repeated name, an unknown block, a cycle, a chain
// longer than 16.
void check_block_parents(const std::vector<Block>& blocks);

// Sets Draft::parent. If init_from is a table, appends the parents that it describes (one per
// child; equal ones are merged by their run_id later). If it is a block's name, the parent is the
// point of that block that equals the child in every swept key in which the block's points differ.
// Throws Error: no such point.
void link_parents(const std::vector<Block>& blocks, Resolver& resolver, std::vector<Draft>& drafts);

}  // namespace sinkmoe::plan
