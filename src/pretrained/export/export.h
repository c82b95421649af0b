// Writes a trained model as a Hugging Face folder: config.json, model.safetensors, and, unless a
// stock family of the transformers library is the same model, modeling_sinkmoe.py.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "config/run_config.h"

namespace sinkmoe::pretrained {

// The model_type of the folder: "llama" or "qwen3" if that family computes the same function,
// otherwise "sinkmoe".
std::string exported_family(const config::RunConfig& config);

struct ExportedModel {
  std::string family;
  int64_t vocabulary = 0;
};

// `weights` is the model.safetensors of a run with this configuration; `files` are written beside it
// by their names (a tokenizer); `bos` is the id of the BOS token, -1: none. Writes a temporary folder and renames it, so that `out` is complete or
// does not exist. Throws Error: `out` exists, the weights do not fit, the disk is full.
struct ExportRequest {
  config::RunConfig config;
  std::filesystem::path weights, out;
  std::map<std::string, std::string> files = {};
  int64_t bos = -1;
};
ExportedModel export_model(const ExportRequest& request);

// Copies the adapters of a run (adapter_model.safetensors and the adapter_config.json beside it) to a
// new folder, which peft reads. Errors as above.
inline constexpr const char* kAdapterFileName = "adapter_model.safetensors";
void export_adapters(const std::filesystem::path& adapters, const std::filesystem::path& out);

extern const char* const kModelingText;  // modeling_sinkmoe.py

}  // namespace sinkmoe::pretrained
