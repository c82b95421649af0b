#include "model/weights_io.h"

#include <ATen/ATen.h>

#include <nlohmann/json.hpp>
#include <set>

#include "config/compose/canonical.h"
#include "core/file.h"
#include "tensor/host_read.h"
#include "weights/safetensors.h"

namespace sinkmoe::model {

namespace {

struct Part {
  std::string name;
  int64_t from, rows;  // along dimension 0
};

// The names of a parameter in the file: its own, or those of the parts of a joint projection.
std::vector<Part> parts(const Decoder& model, const tensor::ParamSet::Entry& entry) {
  const std::string& name = entry.spec.name;
  const int64_t rows = entry.spec.shape[0];
  if (const size_t at = name.find("qkv_proj"); at != std::string::npos) {
    const int64_t H = model.config().model.heads, J = model.key_value_heads(),
                  K = rows / (H + 2 * J);
    auto piece = [&](const char* with) { return std::string(name).replace(at, 8, with); };
    return {{piece("q_proj"), 0, H * K},
            {piece("k_proj"), H * K, J * K},
            {piece("v_proj"), (H + J) * K, J * K}};
  }
  if (const size_t at = name.find("gate_up_proj"); at != std::string::npos) {
    auto piece = [&](const char* with) { return std::string(name).replace(at, 12, with); };
    return {{piece("gate_proj"), 0, rows / 2}, {piece("up_proj"), rows / 2, rows / 2}};
  }
  return {{name, 0, rows}};
}

// Everything that an independent program needs to rebuild the model, and the full configuration.
nlohmann::json describe(const Decoder& model) {
  const config::RunConfig& c = model.config();
  nlohmann::json j = {{"architecture", "sinkmoe-decoder"},
                      {"vocab_size", model.vocabulary()},
                      {"hidden_size", c.model.width},
                      {"num_hidden_layers", c.model.layers},
                      {"num_attention_heads", c.model.heads},
                      {"num_key_value_heads", model.key_value_heads()},
                      {"head_dim", c.model.width / c.model.heads},
                      {"hidden_act", name_of(c.model.mlp)},
                      {"rms_norm_eps", c.model.norm_eps},
                      {"positions", name_of(c.model.positions)},
                      {"rope_theta", c.model.rotary_base},
                      {"qk_norm", c.model.qk_norm},
                      {"tie_word_embeddings", c.model.tie_embeddings},
                      {"max_position_embeddings", c.data.context},
                      {"attention_kind", c.attention.kind},
                      {"sinkmoe_config", config::canonical_text(c)}};
  // The variant's own options, without their section: "gate_form".
  for (const config::FieldView& view :
       config::option_views("attention", c.attention.kind, c.attention.options))
    if (view.in_use)
      std::visit([&](const auto& value) { j[view.stored.substr(sizeof "attention")] = value; },
                 view.value);
  return j;
}

// Settings that decide the meaning of the tensors, even if their shapes are equal (heads,
// positions).
void check_same_model(const weights::Safetensors& source, const config::RunConfig& config,
                      const std::filesystem::path& file) {
  auto stored = source.metadata().find("sinkmoe_model");
  if (stored == source.metadata().end())
    stored = source.metadata().find("sinkmoe_config");  // of earlier versions: all settings
  if (stored == source.metadata().end()) return;
  std::vector<Problem> problems;
  for (const config::Difference& d :
       config::differences(config::parse_canonical(stored->second, file.string()), config))
    if (d.key.starts_with("model.") && d.key != "model.init_std")
      problems.push_back({d.key + " is " + d.a + " in the weights and " + d.b + " here",
                          file.string(),
                          "the configurations of the two runs must agree on model.*"});
  if (!problems.empty()) throw Error(problems);
}

// What the tensors mean. Nothing else is in the file, so that equal tensors of equal models give the
// same bytes, whatever the settings of the run were.
std::string model_text(config::RunConfig config) {
  config.model.init_std = config::ModelConfig{}.init_std;
  return config::section_text(config, {"model"});
}

std::filesystem::path config_path(std::filesystem::path file) {
  return file.replace_extension(".json");
}

}  // namespace

void save_weights(const Decoder& model, const std::filesystem::path& file) {
  std::vector<at::Tensor> kept;
  tensor::HostRead host;
  for (const tensor::ParamSet::Entry& entry : model.params().entries())
    kept.push_back(host.add(entry.value.detach().to(at::kFloat)));
  host.wait();
  std::vector<weights::TensorView> views;
  size_t next = 0;
  for (const tensor::ParamSet::Entry& entry : model.params().entries()) {
    const at::Tensor& value = kept[next++];
    for (const Part& part : parts(model, entry)) {
      const at::Tensor slice = value.narrow(0, part.from, part.rows);
      views.push_back({part.name,
                       "F32",
                       slice.sizes().vec(),
                       {static_cast<const std::byte*>(slice.const_data_ptr()),
                        static_cast<size_t>(slice.nbytes())}});
    }
  }
  weights::write_safetensors(file, views,
                             {{"format", "pt"}, {"sinkmoe_model", model_text(model.config())}});
  write_file_atomic(config_path(file), describe(model).dump(2) + "\n");
}

std::vector<std::string> fill_weights(Decoder& model, const ReadTensor& read) {
  const at::NoGradGuard no_grad;
  std::vector<std::string> kept_initial;
  for (const tensor::ParamSet::Entry& entry : model.params().entries()) {
    const at::Tensor value = entry.value.detach();
    for (const Part& part : parts(model, entry)) {
      at::Tensor slot = value.narrow(0, part.from, part.rows);
      const at::Tensor stored = read(part.name, slot.sizes());
      stored.defined() ? void(slot.copy_(stored)) : kept_initial.push_back(part.name);
    }
  }
  return kept_initial;
}

std::vector<std::string> load_weights(Decoder& model, const std::filesystem::path& file) {
  const weights::Safetensors source(file);
  check_same_model(source, model.config(), file);
  std::set<std::string> used;
  std::vector<Problem> problems;
  const auto read = [&](const std::string& name, at::IntArrayRef shape) -> at::Tensor {
    if (!source.contains(name)) return {};
    used.insert(name);
    const weights::TensorView& view = source.at(name);
    if (view.dtype == "F32" && shape == at::IntArrayRef(view.shape))
      return at::from_blob(const_cast<std::byte*>(view.data.data()), shape, at::kFloat);
    problems.push_back({"tensor '" + name + "' does not have the shape and type of this model's",
                        file.string(), "the configurations of the two runs must agree on model.*"});
    return {};
  };
  const std::vector<std::string> kept_initial = fill_weights(model, read);
  for (const weights::TensorView& view : source.tensors())
    if (!used.contains(view.name))
      problems.push_back(
          {"tensor '" + view.name + "' has no place in this model", file.string(),
           "the configurations of the two runs must agree on model.* and attention.*"});
  if (!problems.empty()) throw Error(problems);
  return kept_initial;
}

}  // namespace sinkmoe::model
