#include "pretrained/start/adapter_start.h"

#include <algorithm>

#include "core/error.h"
#include "core/text/number.h"

namespace sinkmoe::pretrained {

bool continues_adapters(const config::TrainConfig& train) {
  return train.steps > 0 && train.lora_form == config::LoraForm::peft && train.lora_rank > 0 &&
         is_adapter_folder(train.init_checkpoint);
}

void check_continued(const config::TrainConfig& train, const Model& model) {
  const Adapters& adapters = *model.adapters;
  const AdapterConfig& found = adapters.config();
  const std::string where = adapters.folder().string();
  if (found.rank != train.lora_rank || found.alpha != train.lora_alpha || found.root_scale)
    throw Error("the adapters have rank " + std::to_string(found.rank) + " and alpha " +
                    shortest(found.alpha) + (found.root_scale ? " over the root of the rank" : "") +
                    ", the run has rank " + std::to_string(train.lora_rank) + " and alpha " +
                    shortest(train.lora_alpha),
                where,
                found.root_scale
                    ? "train.lora_rank = 0 merges them into the weights and trains these"
                    : "set train.lora_rank = " + std::to_string(found.rank) +
                          " and train.lora_alpha = " + shortest(found.alpha) +
                          " to go on with them; train.lora_rank = 0 merges them into the weights");
  const auto all_four = [&](const Layer& l) {
    return adapters.find(l.query.weight.name) && adapters.find(l.key.weight.name) &&
           adapters.find(l.value.weight.name) && adapters.find(l.out.weight.name);
  };
  const std::vector<Layer>& layers = model.architecture.layers;
  if (adapters.size() != 4 * layers.size() || !std::all_of(layers.begin(), layers.end(), all_four))
    throw Error("the adapters are not those of q, k, v and o of every layer", where,
                "train.lora_rank = 0 merges them into the weights and trains these");
}

}  // namespace sinkmoe::pretrained
