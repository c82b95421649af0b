// Plans of the experiments of the tree.
#pragma once

#include <string>
#include <vector>

#include "core/file.h"
#include "plan/plan.h"
#include "support/source_dir.h"

namespace sinkmoe {

// A small model takes the place of one that must be downloaded.
template <class DataIdentity>
plan::Plan committed_plan(const std::string& name, const DataIdentity& identity) {
  const auto root = source_dir();
  std::vector<std::string> overrides;
  if (read_file(root / "experiments" / (name + ".toml"), 1 << 20).find("init_checkpoint") !=
      std::string::npos)
    overrides = {"train.init_checkpoint=" + (root / "tests/inference/checkpoints/llama2").string(),
                 "data.context=32"};
  return plan::make_plan({name, overrides, root / "configs", root / "experiments", name}, identity);
}

}  // namespace sinkmoe
