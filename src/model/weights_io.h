// Writes and reads final weights: safetensors with LLaMA-style names, and a JSON config next to
// them (docs/weights_format.md).
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "model/decoder.h"

namespace sinkmoe::model {

// Writes FILE (fp32 tensors; joint projections are split into q/k/v_proj and gate/up_proj) and FILE
// with the extension .json. Throws Error (disk full: nothing half-written).
void save_weights(const Decoder& model, const std::filesystem::path& file);

// Reads a file of save_weights into the model. Parameters that are missing in the file (another
// variant's sink logits or gate) keep their initial values, and their names are returned. Throws
// Error: wrong shape, a tensor that the model does not have, not a weights file.
std::vector<std::string> load_weights(Decoder& model, const std::filesystem::path& file);

// Fills the model's parameters by their names in a weights file. `read` gives a tensor in fp32 and in
// the given shape, or an undefined one if the source lacks it; such parameters keep their values,
// and their names are returned.
using ReadTensor = std::function<at::Tensor(const std::string& name, at::IntArrayRef shape)>;
std::vector<std::string> fill_weights(Decoder& model, const ReadTensor& read);

}  // namespace sinkmoe::model
