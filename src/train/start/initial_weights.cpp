#include "train/start/initial_weights.h"

#include <ATen/ATen.h>

#include <map>
#include <vector>

#include "core/error.h"
#include "inference/load_tensor.h"
#include "model/weights_io.h"
#include "pretrained/model_hash.h"
#include "pretrained/start/adapter_start.h"
#include "pretrained/start/start_data.h"

namespace sinkmoe::train {

namespace {

using pretrained::Architecture;
using pretrained::TensorRef;

// Our names of parameters (docs/weights_format.md) -> the tensors of the checkpoint.
std::map<std::string, TensorRef> tensors_by_name(const Architecture& a) {
  std::map<std::string, TensorRef> out = {{"model.embed_tokens.weight", a.embedding},
                                          {"model.norm.weight", a.final_norm.weight},
                                          {"lm_head.weight", a.unembedding.weight}};
  for (size_t i = 0; i < a.layers.size(); ++i) {
    const pretrained::Layer& l = a.layers[i];
    const std::string prefix = "model.layers." + std::to_string(i) + ".";
    const std::pair<const char*, const TensorRef*> parts[] = {
        {"input_layernorm", &l.attention_norm.weight},
        {"self_attn.q_proj", &l.query.weight},
        {"self_attn.k_proj", &l.key.weight},
        {"self_attn.v_proj", &l.value.weight},
        {"self_attn.o_proj", &l.out.weight},
        {"self_attn.q_norm", &l.query_norm.weight},
        {"self_attn.k_norm", &l.key_norm.weight},
        {"post_attention_layernorm", &l.feed_norm.weight},
        {"mlp.gate_proj", &l.gate.weight},
        {"mlp.up_proj", &l.up.weight},
        {"mlp.down_proj", &l.down.weight}};
    for (const auto& [name, ref] : parts)
      if (ref->exists()) out[prefix + name + ".weight"] = *ref;
  }
  return out;
}

std::vector<std::string> load_pretrained(model::Decoder& model) {
  const config::TrainConfig& train = model.config().train;
  pretrained::Model source = pretrained::open_model(train.init_checkpoint);
  const std::string hash = pretrained::model_hash(source, pretrained::hash_cache());
  if (hash != train.init_hash)
    throw Error("the folder holds another model than when the run was planned: hash " + hash +
                    " instead of " + train.init_hash,
                train.init_checkpoint,
                "put the old files back, or give the command again: it then plans another run");
  if (pretrained::continues_adapters(train)) source.adapters = nullptr;  // they stay beside W
  const auto refs = tensors_by_name(source.architecture);
  return model::fill_weights(
      model, [&](const std::string& name, at::IntArrayRef shape) -> at::Tensor {
        const auto found = refs.find(name);
        if (found == refs.end()) return {};
        at::Tensor value = inference::load_weight(source, found->second);
        if (value.sizes() != shape)
          throw Error("tensor '" + name + "' has another shape than the run's model",
                      train.init_checkpoint, "leave model.* out of the experiment");
        return value;
      });
}

}  // namespace

int64_t vocabulary_of(const config::RunConfig& config, int64_t in_data) {
  const std::string& folder = config.train.init_checkpoint;
  if (folder.empty()) return in_data;
  const Architecture a = pretrained::open_model(folder).architecture;
  pretrained::check_start_data(config, a, in_data);
  return a.vocabulary;
}

std::optional<std::filesystem::path> initial_adapters(const config::RunConfig& config) {
  if (!pretrained::continues_adapters(config.train)) return {};
  return pretrained::open_model(config.train.init_checkpoint).adapters->file().path();
}

std::optional<std::string> load_initial_weights(model::Decoder& model, const config::Job& job) {
  std::vector<std::string> kept;
  if (job.initial_weights)
    kept = model::load_weights(model, *job.initial_weights);
  else if (!job.config.train.init_checkpoint.empty())
    kept = load_pretrained(model);
  else
    return {};
  if (kept.empty()) return "all loaded";
  std::string text = "not in the parent, so at their initial values:";
  for (const std::string& name : kept) text += " " + name;
  return text;
}

}  // namespace sinkmoe::train
