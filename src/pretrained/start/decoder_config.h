// Pretrained models that are exactly our decoder (src/model/decoder.h), so that a run can start from
// them.
#pragma once

#include <string>

#include "config/run_config.h"
#include "pretrained/architecture.h"

namespace sinkmoe::pretrained {

// The settings model.* with which our decoder is the same function as this model, for rows of
// `context` tokens. Throws Error that names everything that our decoder does not have: biases,
// scaled rotary positions, windows, experts, ... `where` is the folder, for the message.
config::ModelConfig decoder_config(const Architecture& a, int64_t context,
                                   const std::string& where);

}  // namespace sinkmoe::pretrained
