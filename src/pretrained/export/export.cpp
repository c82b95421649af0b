#include "pretrained/export/export.h"

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <system_error>

#include "config/field_view.h"
#include "core/error.h"
#include "core/file.h"
#include "weights/safetensors.h"

namespace sinkmoe::pretrained {

namespace fs = std::filesystem;

namespace {

using Json = nlohmann::ordered_json;

Json sizes(const config::RunConfig& c, int64_t vocabulary) {
  const config::ModelConfig& m = c.model;
  return {{"vocab_size", vocabulary},
          {"hidden_size", m.width},
          {"intermediate_size", std::llround(m.mlp_ratio * static_cast<double>(m.width))},
          {"num_hidden_layers", m.layers},
          {"num_attention_heads", m.heads},
          {"num_key_value_heads", m.kv_heads > 0 ? m.kv_heads : m.heads},
          {"head_dim", m.width / m.heads},
          {"max_position_embeddings", c.data.context},
          {"rms_norm_eps", m.norm_eps},
          {"tie_word_embeddings", m.tie_embeddings},
          {"torch_dtype", "float32"}};
}

// What LLaMA and Qwen 3 have in common.
void add_stock(Json& json, const config::RunConfig& c, const std::string& family) {
  const bool qwen = family == "qwen3";
  json["architectures"] = {qwen ? "Qwen3ForCausalLM" : "LlamaForCausalLM"};
  json["hidden_act"] = "silu";
  json["rope_theta"] = c.model.rotary_base;
  json["attention_bias"] = false;
  if (!qwen) json["mlp_bias"] = false;
  if (qwen) json["use_sliding_window"] = false;
}

// "attention.gate_form" is gate_form, "attention.gated.bias" is gated_bias.
std::string option_name(const std::string& stored) {
  std::string name = stored.substr(sizeof "attention");
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

void add_own(Json& json, const config::RunConfig& c) {
  json["architectures"] = {"SinkmoeForCausalLM"};
  json["auto_map"] = {{"AutoConfig", "modeling_sinkmoe.SinkmoeConfig"},
                      {"AutoModelForCausalLM", "modeling_sinkmoe.SinkmoeForCausalLM"}};
  json["hidden_act"] = name_of(c.model.mlp);
  json["positions"] = name_of(c.model.positions);
  json["rotary_base"] = c.model.rotary_base;
  json["qk_norm"] = c.model.qk_norm;
  json["attention_kind"] = c.attention.kind;
  json["use_cache"] = false;
  for (const config::FieldView& view :
       config::option_views("attention", c.attention.kind, c.attention.options))
    if (view.in_use)
      std::visit([&](const auto& value) { json[option_name(view.stored)] = value; }, view.value);
}

std::string config_json(const config::RunConfig& c, const std::string& family, int64_t vocabulary,
                        int64_t bos) {
  Json json = {{"model_type", family}};
  json.update(sizes(c, vocabulary));
  family == "sinkmoe" ? add_own(json, c) : add_stock(json, c, family);
  json["bos_token_id"] = bos < 0 ? Json() : Json(bos);
  json["eos_token_id"] = nullptr;
  return json.dump(2) + "\n";
}

fs::path new_folder(const fs::path& wanted) {
  fs::path out = wanted.lexically_normal();
  if (!out.has_filename()) out = out.parent_path();
  if (fs::exists(out))
    throw Error("exists already", out.string(), "give the name of a folder that does not exist");
  return out;
}

// Removes the folder unless it was put in place.
class PartialFolder {
 public:
  explicit PartialFolder(const fs::path& out)
      : out_(out), partial_(out.string() + ".partial-" + std::to_string(::getpid())) {
    ensure_writable_folder(partial_);
  }
  ~PartialFolder() {
    std::error_code ignored;
    fs::remove_all(partial_, ignored);
  }
  PartialFolder(const PartialFolder&) = delete;
  PartialFolder& operator=(const PartialFolder&) = delete;

  fs::path operator/(const std::string& name) const { return partial_ / name; }
  void put_in_place() const {
    std::error_code failed;
    fs::rename(partial_, out_, failed);
    if (failed) throw Error("cannot be created: " + failed.message(), out_.string());
  }

 private:
  fs::path out_, partial_;
};

}  // namespace

std::string exported_family(const config::RunConfig& c) {
  const bool stock = (c.attention.kind == "vanilla" || c.attention.kind == "plain") &&
                     c.model.mlp == config::Mlp::swiglu &&
                     c.model.positions == config::Positions::rotary;
  if (!stock) return "sinkmoe";
  return c.model.qk_norm ? "qwen3" : "llama";
}

void export_adapters(const fs::path& adapters, const fs::path& wanted) {
  const fs::path out = new_folder(wanted);
  const PartialFolder folder(out);
  for (const char* name : {kAdapterFileName, "adapter_config.json"})
    write_file_atomic(folder / name, read_file(adapters.parent_path() / name, uint64_t{1} << 32));
  folder.put_in_place();
}

ExportedModel export_model(const ExportRequest& request) {
  const fs::path out = new_folder(request.out);
  const weights::Safetensors weights(request.weights);
  const weights::TensorView& embedding = weights.at("model.embed_tokens.weight");
  if (embedding.shape.size() != 2 || embedding.shape[1] != request.config.model.width)
    throw Error("the embedding does not have the width of the run's configuration",
                request.weights.string());
  const ExportedModel result{exported_family(request.config), embedding.shape[0]};
  const PartialFolder folder(out);
  weights::write_safetensors(folder / "model.safetensors", weights.tensors(), {{"format", "pt"}});
  if (result.family == "sinkmoe") write_file_atomic(folder / "modeling_sinkmoe.py", kModelingText);
  for (const auto& [name, content] : request.files) write_file_atomic(folder / name, content);
  write_file_atomic(folder / "config.json",
                    config_json(request.config, result.family, result.vocabulary, request.bos));
  folder.put_in_place();
  return result;
}

}  // namespace sinkmoe::pretrained
