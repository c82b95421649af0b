// train.init_checkpoint: a run that starts from a pretrained model has that model's settings model.*
// and its hash.
#pragma once

#include <map>
#include <string>

#include "config/run_config.h"
#include "pretrained/checkpoint.h"

namespace sinkmoe::plan {

class CheckpointStarts {
 public:
  // Sets model.* (except init_std) and train.init_hash from the folder of train.init_checkpoint; does
  // nothing without one. Each folder is read and hashed once. Throws Error: not a model, or one that
  // our decoder cannot represent (named); train.init_hash is set to another hash.
  void apply(config::RunConfig& config);

 private:
  struct Known {
    pretrained::Architecture architecture;
    std::string hash;
  };
  std::map<std::string, Known> known_;
};

}  // namespace sinkmoe::plan
