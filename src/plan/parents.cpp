#include "plan/parents.h"

#include <map>

#include "core/text/suggest.h"

namespace sinkmoe::plan {

namespace {

const Block* find_block(const std::vector<Block>& blocks, const std::string& name) {
  for (const Block& block : blocks)
    if (block.name == name) return &block;
  return nullptr;
}

void check_names(const std::vector<Block>& blocks, std::vector<Problem>& problems) {
  std::map<std::string, int> seen;
  std::vector<std::string> names;
  for (const Block& block : blocks) {
    if (block.name.empty()) continue;
    names.push_back(block.name);
    if (++seen[block.name] == 2)
      problems.push_back({"two blocks are named '" + block.name + "'", block.where, ""});
  }
  for (const Block& block : blocks)
    if (!block.init.block.empty() && !seen.contains(block.init.block))
      problems.push_back({"init_from names no block '" + block.init.block + "'", block.init.where,
                          did_you_mean(block.init.block, names)});
}

void check_chain(const std::vector<Block>& blocks, const Block& start) {
  std::string chain = start.name;
  const Block* block = &start;
  for (int depth = 0; !block->init.block.empty(); ++depth) {
    chain += " -> " + block->init.block;
    block = find_block(blocks, block->init.block);
    if (block == &start) throw Error("cyclic init_from: " + chain, start.init.where);
    if (depth == kDeepestParents)
      throw Error("init_from is cyclic or longer than " + std::to_string(kDeepestParents) +
                      " blocks: " + chain,
                  start.init.where);
  }
}

// The drafts of one block, indexed by the values of the keys in which they differ.
class BlockPoints {
 public:
  BlockPoints(const std::vector<Draft>& drafts, size_t block, size_t keys) {
    std::vector<size_t> points;
    for (size_t i = 0; i < drafts.size(); ++i)
      if (drafts[i].block == block && drafts[i].skip_reason.empty() && !drafts[i].made_parent)
        points.push_back(i);
    for (size_t k = 0; k < keys; ++k)
      for (const size_t i : points)
        if (drafts[i].swept[k] != drafts[points[0]].swept[k]) {
          keys_.push_back(k);
          break;
        }
    for (const size_t i : points) index_.emplace(texts(drafts[i]), static_cast<int64_t>(i));
  }

  int64_t find(const Draft& child) const {
    const auto it = index_.find(texts(child));
    return it == index_.end() ? -1 : it->second;
  }

 private:
  std::vector<std::string> texts(const Draft& draft) const {
    std::vector<std::string> result;
    for (const size_t k : keys_) result.push_back(draft.swept[k]);
    return result;
  }

  std::vector<size_t> keys_;
  std::map<std::vector<std::string>, int64_t> index_;
};

std::map<size_t, BlockPoints> index_parents(const std::vector<Block>& blocks, size_t keys,
                                            const std::vector<Draft>& drafts) {
  std::map<size_t, BlockPoints> result;
  for (const Block& block : blocks) {
    if (block.init.block.empty()) continue;
    const auto parent = static_cast<size_t>(find_block(blocks, block.init.block) - blocks.data());
    if (!result.contains(parent)) result.emplace(parent, BlockPoints(drafts, parent, keys));
  }
  return result;
}

}  // namespace

void check_block_parents(const std::vector<Block>& blocks) {
  std::vector<Problem> problems;
  check_names(blocks, problems);
  if (!problems.empty()) throw Error(std::move(problems));
  for (const Block& block : blocks) check_chain(blocks, block);
}

void link_parents(const std::vector<Block>& blocks, Resolver& resolver,
                  std::vector<Draft>& drafts) {
  const auto parents = index_parents(blocks, resolver.keys().size(), drafts);
  const std::vector<bool> all(resolver.keys().size(), true);
  std::vector<Problem> problems;
  const size_t points = drafts.size();
  for (size_t i = 0; i < points; ++i) {
    const InitFrom& init = blocks[drafts[i].block].init;
    if (!init.set() || !drafts[i].skip_reason.empty()) continue;
    if (init.block.empty()) {
      drafts.push_back(resolver.parent_of(drafts[i]));
      drafts[i].parent = static_cast<int64_t>(drafts.size()) - 1;
      continue;
    }
    const auto parent = static_cast<size_t>(find_block(blocks, init.block) - blocks.data());
    drafts[i].parent = parents.at(parent).find(drafts[i]);
    if (drafts[i].parent < 0)
      problems.push_back(
          {"block '" + init.block + "' has no point for " + resolver.label(drafts[i], all),
           init.where, "sweep the same values there, or drop the point with skip_if"});
  }
  if (!problems.empty()) throw Error(std::move(problems));
}

}  // namespace sinkmoe::plan
