#include "plan/checkpoint_start.h"

#include "config/compose/canonical.h"
#include "core/error.h"
#include "data/source.h"
#include "data/text_set.h"
#include "pretrained/model_hash.h"
#include "pretrained/start/adapter_start.h"
#include "pretrained/start/decoder_config.h"
#include "pretrained/start/start_data.h"

namespace sinkmoe::plan {

namespace {

// Number of ids in the data of a run; none if they are missing or damaged, which other checks say.
std::optional<int64_t> ids_in(const config::DataConfig& data) {
  try {
    if (data.source == "text") return data::read_text_set(data.path).train.vocabulary;
    return data::open_source(data)->vocabulary();
  } catch (const Error&) {
    return {};
  }
}

}  // namespace

void CheckpointStarts::check_data(const config::RunConfig& config, const Known& known) {
  const std::string settings = config::section_text(config, {"data"}) + config.data.path;
  auto found = ids_.find(settings);
  if (found == ids_.end()) found = ids_.emplace(settings, ids_in(config.data)).first;
  if (found->second) pretrained::check_start_data(config, known.model.architecture, *found->second);
}

void CheckpointStarts::apply(config::RunConfig& config) {
  const std::string& folder = config.train.init_checkpoint;
  if (folder.empty()) return;
  auto found = known_.find(folder);
  if (found == known_.end()) {
    pretrained::Model model = pretrained::open_model(folder);
    std::string hash = pretrained::model_hash(model, pretrained::hash_cache());
    found = known_.emplace(folder, Known{std::move(model), std::move(hash)}).first;
  }
  const Known& known = found->second;
  if (pretrained::continues_adapters(config.train))
    pretrained::check_continued(config.train, known.model);
  const double init_std = config.model.init_std;
  config.model = pretrained::decoder_config(known.model.architecture, config.data.context, folder);
  config.model.init_std = init_std;
  if (!config.train.init_hash.empty() && config.train.init_hash != known.hash)
    throw Error("train.init_hash is " + config.train.init_hash + ", but the model has the hash " +
                    known.hash,
                folder, "leave train.init_hash out; the program computes it");
  config.train.init_hash = known.hash;
  check_data(config, known);
}

}  // namespace sinkmoe::plan
