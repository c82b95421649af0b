// Whether the data of a run were made for the model that the run starts from.
#pragma once

#include <cstdint>

#include "config/run_config.h"
#include "pretrained/architecture.h"

namespace sinkmoe::pretrained {

// `in_data` is the number of ids in the data, BOS included. Reads the header of an imported text and
// the tokenizer of train.init_checkpoint. Throws Error: the text was imported with another tokenizer
// than the one in that folder, or the data have ids that the model does not have.
void check_start_data(const config::RunConfig& config, const Architecture& a, int64_t in_data);

}  // namespace sinkmoe::pretrained
