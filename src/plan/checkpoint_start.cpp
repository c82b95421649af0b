#include "plan/checkpoint_start.h"

#include "core/error.h"
#include "pretrained/decoder_config.h"
#include "pretrained/model_hash.h"

namespace sinkmoe::plan {

void CheckpointStarts::apply(config::RunConfig& config) {
  const std::string& folder = config.train.init_checkpoint;
  if (folder.empty()) return;
  auto found = known_.find(folder);
  if (found == known_.end()) {
    const pretrained::Model model = pretrained::open_model(folder);
    found = known_
                .emplace(folder, Known{model.architecture,
                                       pretrained::model_hash(model, pretrained::hash_cache())})
                .first;
  }
  const Known& known = found->second;
  const double init_std = config.model.init_std;
  config.model = pretrained::decoder_config(known.architecture, config.data.context, folder);
  config.model.init_std = init_std;
  if (!config.train.init_hash.empty() && config.train.init_hash != known.hash)
    throw Error("train.init_hash is " + config.train.init_hash + ", but the model has the hash " +
                    known.hash,
                folder, "leave train.init_hash out; the program computes it");
  config.train.init_hash = known.hash;
}

}  // namespace sinkmoe::plan
