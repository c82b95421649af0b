// Low-rank adapters as the peft library has them: a pair A [r, in], B [out, r] for each of q_proj,
// k_proj, v_proj and o_proj of every layer, added on the activation path:
//   y = x W^T + (alpha / r) (x A^T) B^T
// W stays frozen: it has no gradient and no moments, and neither W + BA nor its gradient is formed.
#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <string>

#include "model/decoder.h"

namespace sinkmoe::train {

inline constexpr const char* kAdapterFile = "adapter_model.safetensors";

class ActivationAdapters {
 public:
  // Declares A (normal with deviation 1 / sqrt(in)) and B (zero) from config.train.seed, freezes the
  // model's own parameters, and lets the model add the adapters. config.train.lora_rank >= 1.
  explicit ActivationAdapters(model::Decoder& model);

  tensor::ParamSet& params() { return params_; }
  const tensor::ParamSet& params() const { return params_; }
  // Restores a stored state (the flat tensor of params()). Throws Error: another size.
  void restore(const at::Tensor& values);
  // Adds the adapters to W and removes them from the forward pass.
  void merge();
  // Reads the tensors of a file that save() or peft wrote. Throws Error: a tensor is missing, has
  // another shape, or has no place here.
  void load(const std::filesystem::path& file);
  // Writes adapter_model.safetensors and adapter_config.json, as peft reads them, in the folder of
  // `file`; `base` is the model's place for adapter_config.json.
  void save(const std::filesystem::path& file, const std::string& base) const;

 private:
  model::Decoder& model_;
  double scale_;
  tensor::ParamSet params_;
  std::vector<model::LayerAdapters> layers_;
};

}  // namespace sinkmoe::train
