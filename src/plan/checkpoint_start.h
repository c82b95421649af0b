// train.init_checkpoint: a run that starts from a pretrained model has that model's settings model.*
// and its hash.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "config/run_config.h"
#include "pretrained/checkpoint.h"

namespace sinkmoe::plan {

class CheckpointStarts {
 public:
  // Sets model.* (except init_std) and train.init_hash from the folder of train.init_checkpoint; does
  // nothing without one. Each folder is read and hashed once. Throws Error: not a model, or one that
  // our decoder cannot represent (named); a weight is NaN or infinite; train.init_hash is set to
  // another hash; the data were not made for this model (data that are missing are not checked); the run
  // cannot go on with the adapters.
  void apply(config::RunConfig& config);

 private:
  struct Known {
    pretrained::Model model;
    std::string hash;
  };
  void check_data(const config::RunConfig& config, const Known& known);

  std::map<std::string, Known> known_;
  std::map<std::string, std::optional<int64_t>> ids_;  // in the data, by their settings
};

}  // namespace sinkmoe::plan
