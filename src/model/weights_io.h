// Final weights as safetensors with LLaMA-style names, and a JSON config beside
// them (docs/weights_format.md).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "model/decoder.h"

namespace sinkmoe::model {

// Writes FILE (fp32 tensors; joint projections are split into q/k/v_proj and gate/up_proj) and FILE
// with the extension .json. Throws Error (disk full: nothing half-written).
void save_weights(const Decoder& model, const std::filesystem::path& file);

// Reads a file of save_weights into the model. Parameters that the file lacks keep their initial
// values (another variant's sink logits or gate) and are returned by name. Throws Error: wrong
// shape, a tensor the model has no place for, not a weights file.
std::vector<std::string> load_weights(Decoder& model, const std::filesystem::path& file);

}  // namespace sinkmoe::model
