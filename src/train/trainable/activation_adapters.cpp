#include "train/trainable/activation_adapters.h"

#include <ATen/ATen.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/error.h"
#include "core/file.h"
#include "weights/safetensors.h"

namespace sinkmoe::train {

namespace {

constexpr const char* kProjections[] = {"q_proj", "k_proj", "v_proj", "o_proj"};

std::string name_of(int64_t layer, const std::string& projection, const char* matrix) {
  return "base_model.model.model.layers." + std::to_string(layer) + ".self_attn." + projection +
         ".lora_" + matrix + ".weight";
}

std::optional<at::ScalarType> type_of(const std::string& dtype) {
  if (dtype == "F32") return at::kFloat;
  if (dtype == "F16") return at::kHalf;
  if (dtype == "BF16") return at::kBFloat16;
  return {};
}

}  // namespace

ActivationAdapters::ActivationAdapters(model::Decoder& model)
    : model_(model),
      scale_(model.config().train.lora_alpha /
             static_cast<double>(model.config().train.lora_rank)) {
  const config::RunConfig& c = model.config();
  const int64_t rank = c.train.lora_rank, C = c.model.width,
                narrow = model.key_value_heads() * (C / c.model.heads);
  std::vector<std::pair<const at::Tensor*, const at::Tensor*>> pairs;
  for (int64_t l = 0; l < c.model.layers; ++l)
    for (const std::string projection : kProjections) {
      const bool small = projection == "k_proj" || projection == "v_proj";
      const at::Tensor& A = params_.add({.name = name_of(l, projection, "A"),
                                         .shape = {rank, C},
                                         .value = 1 / std::sqrt(static_cast<double>(C)),
                                         .decay = true});
      const at::Tensor& B = params_.add({.name = name_of(l, projection, "B"),
                                         .shape = {small ? narrow : C, rank},
                                         .init = tensor::ParamSpec::Init::constant,
                                         .decay = true});
      pairs.emplace_back(&A, &B);
    }
  const at::Tensor& flat = model.params().flat();
  params_.materialise(static_cast<uint64_t>(c.train.seed), flat.device(), flat.scalar_type());
  for (size_t i = 0; i < pairs.size(); i += 4) {
    const auto at = [&](size_t k) {
      return model::LowRank{*pairs[i + k].first, *pairs[i + k].second};
    };
    layers_.push_back({at(0), at(1), at(2), at(3)});
  }
  model_.params().freeze();
  model_.set_adapters(layers_, scale_);
}

void ActivationAdapters::restore(const at::Tensor& values) {
  const at::NoGradGuard no_grad;
  if (!values.defined() || values.sizes() != params_.flat().sizes())
    throw Error("the checkpoint's adapters have another size than this configuration's", "",
                "the checkpoint is of another run");
  at::Tensor(params_.flat()).copy_(values);
}

void ActivationAdapters::load(const std::filesystem::path& file) {
  const at::NoGradGuard no_grad;
  const weights::Safetensors source(file);
  for (const tensor::ParamSet::Entry& entry : params_.entries()) {
    const weights::TensorView& view = source.at(entry.spec.name);
    const std::optional<at::ScalarType> type = type_of(view.dtype);
    if (!type || view.shape != entry.spec.shape)
      throw Error("tensor '" + view.name + "' does not have the shape of this run's", file.string(),
                  "adapters of rank train.lora_rank in F32, F16 or BF16 can be read");
    at::Tensor value = entry.value.detach();
    value.copy_(at::from_blob(const_cast<std::byte*>(view.data.data()), value.sizes(), *type));
  }
  if (source.tensors().size() != params_.entries().size())
    throw Error("has tensors beside the adapters of q, k, v and o", file.string());
}

void ActivationAdapters::merge() {
  const at::NoGradGuard no_grad;
  for (const tensor::ParamSet::Entry& entry : model_.params().entries()) {
    const std::string& name = entry.spec.name;
    const bool qkv = name.ends_with(".qkv_proj.weight"), out = name.ends_with(".o_proj.weight");
    if (!qkv && !out) continue;
    const size_t digits = std::string("model.layers.").size();
    const model::LayerAdapters& layer = layers_.at(std::stoul(name.substr(digits)));
    int64_t row = 0;
    const auto add = [&](const model::LowRank& map) {
      entry.value.narrow(0, row, map.B_OR.size(0)).addmm_(map.B_OR, map.A_RI, 1, scale_);
      row += map.B_OR.size(0);
    };
    if (out) add(layer.o);
    if (qkv) add(layer.q), add(layer.k), add(layer.v);
  }
  model_.set_adapters({}, 0);
  // So that probes can take gradients by head outputs.
  at::Tensor(model_.params().entries().front().value).set_requires_grad(true);
}

void ActivationAdapters::save(const std::filesystem::path& file, const std::string& base) const {
  std::vector<weights::TensorView> views;
  std::vector<at::Tensor> kept;
  for (const tensor::ParamSet::Entry& entry : params_.entries()) {
    const at::Tensor& value = kept.emplace_back(entry.value.detach().to(at::kCPU).contiguous());
    views.push_back({entry.spec.name,
                     "F32",
                     value.sizes().vec(),
                     {static_cast<const std::byte*>(value.const_data_ptr()),
                      static_cast<size_t>(value.nbytes())}});
  }
  weights::write_safetensors(file, views, {{"format", "pt"}});
  const config::TrainConfig& train = model_.config().train;
  const nlohmann::ordered_json config = {
      {"peft_type", "LORA"},
      {"task_type", "CAUSAL_LM"},
      {"base_model_name_or_path", base},
      {"r", train.lora_rank},
      {"lora_alpha", train.lora_alpha},
      {"target_modules",
       nlohmann::json(std::vector<std::string>(std::begin(kProjections), std::end(kProjections)))},
      {"lora_dropout", 0.0},
      {"bias", "none"},
      {"fan_in_fan_out", false},
      {"inference_mode", true}};
  write_file_atomic(file.parent_path() / "adapter_config.json", config.dump(2) + "\n");
}

}  // namespace sinkmoe::train
