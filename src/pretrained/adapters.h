// Low-rank adapters (LoRA) in the two files of the peft library: adapter_config.json and
// adapter_model.safetensors. The weight of an adapted linear map is W + scale B A.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "weights/safetensors_file.h"

namespace sinkmoe::pretrained {

struct AdapterConfig {
  std::string base;  // path or name of the model, as the file has it; may be empty
  int64_t rank = 0;
  double alpha = 0;
  bool root_scale = false;  // use_rslora

  double scale() const;  // alpha / rank, or alpha / sqrt(rank)
};

// From the text of an adapter_config.json; `where` is its path in errors. Settings that would change
// the function in another way (DoRA, other ranks of some layers, trained biases) are refused by name.
AdapterConfig parse_adapter_config(std::string_view text, const std::string& where);

// True for a folder of adapters alone, without a model.
bool is_adapter_folder(const std::filesystem::path& folder);
// The folder of the model: `folder` itself, or where the adapters in `folder` say that it is (from
// here or from `folder`), or the link `base_model` in it. Throws Error: the adapters' model is not a folder on this computer.
std::filesystem::path base_folder(const std::filesystem::path& folder);

// A linear map that may be adapted: name and shape of its tensor in the file.
struct AdaptedMap {
  std::string tensor;
  int64_t out = 0, in = 0;
};

class Adapters {
 public:
  // A [rank, in] and B [out, rank].
  struct Pair {
    const weights::TensorEntry *A = nullptr, *B = nullptr;
  };

  // `maps` are those of the model, by the names that peft uses. Throws Error: a tensor that belongs to
  // none of them, a missing half, another shape; NaN or infinity.
  Adapters(const std::filesystem::path& folder, const std::map<std::string, AdaptedMap>& maps);

  const AdapterConfig& config() const { return config_; }
  const std::filesystem::path& folder() const { return folder_; }
  const weights::SafetensorsFile& file() const { return file_; }
  // By the tensor's name in the model's files; nullptr: it is not adapted.
  const Pair* find(const std::string& tensor) const;
  size_t size() const { return pairs_.size(); }
  // SHA-256 of everything that decides W + scale B A.
  std::string hash() const;

 private:
  void check_finite(const weights::TensorEntry& entry) const;

  std::filesystem::path folder_;
  AdapterConfig config_;
  weights::SafetensorsFile file_;
  std::map<std::string, Pair> pairs_;
};

}  // namespace sinkmoe::pretrained
