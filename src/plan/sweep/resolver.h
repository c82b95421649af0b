// Resolves a point of a sweep to its configuration, through all layers.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "plan/checkpoint_start.h"
#include "plan/sweep/experiment.h"
#include "plan/sweep/sweep_points.h"

namespace sinkmoe::plan {

// A run before it has its identity.
struct Draft {
  config::RunConfig config;
  size_t block = 0;
  Pick pick;
  bool made_parent = false;  // from an init_from table, not a point of the sweep
  std::vector<std::string>
      swept;                // value of every swept key as text, in the order of Resolver::keys()
  std::string skip_reason;  // not empty: the point is skipped
  std::vector<Problem> problems;  // inconsistent fields
  int64_t parent = -1;            // index of the parent draft
};

class Resolver {
 public:
  Resolver(const std::filesystem::path& config_root, const Experiment& experiment);

  // Skip conditions are checked first: a skipped point may be inconsistent.
  Draft point(size_t block, const Pick& pick);
  // The parent that a table init_from of the point's block describes.
  Draft parent_of(const Draft& point);

  // Keys and groups that may differ between points: swept in some block, or set by an init_from;
  // train.seed last.
  const std::vector<std::string>& keys() const { return keys_; }
  // "attention.kind=sink train.seed=1": the draft's keys for which `shown` is true.
  std::string label(const Draft& draft, const std::vector<bool>& shown) const;

  // All settings of the layers below the sweep, in order.
  std::vector<config::Setting> layers(const std::vector<config::GroupChoice>& groups) const;
  std::vector<config::GroupChoice> groups() const;  // base and experiment

 private:
  struct Parts {
    std::vector<config::GroupChoice> groups;
    std::vector<config::Setting> settings;
  };
  Parts parts_of(size_t block, const Pick& pick) const;
  void resolve(Draft& draft, const Parts& parts);
  const config::RunConfig& base_config(const std::vector<config::GroupChoice>& groups);
  void collect_keys();
  std::vector<Problem> start_from_checkpoint(config::RunConfig& config, const Parts& parts);

  std::filesystem::path root_;
  const Experiment& experiment_;
  config::BaseFile base_;
  std::vector<std::string> keys_;
  // "model=small attention=sink" -> layers below the sweep
  std::map<std::string, config::RunConfig> by_groups_;
  CheckpointStarts starts_;
};

}  // namespace sinkmoe::plan
