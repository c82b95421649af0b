// The tokenizer in the folder of a pretrained model.
#pragma once

#include <memory>

#include "data/hf_tokenizer/hf_tokenizer.h"
#include "pretrained/checkpoint.h"

namespace sinkmoe::pretrained {

// Throws Error: no tokenizer.json, a kind that is not supported, or one whose texts would hold ids
// that the model does not have.
std::unique_ptr<data::HfTokenizer> open_tokenizer(const Model& model);

}  // namespace sinkmoe::pretrained
