// The weights that a run starts from: random ones, those of another run (init_from), or a Hugging Face
// folder (train.init_checkpoint), which may be one of adapters.
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "config/job.h"
#include "model/decoder.h"

namespace sinkmoe::train {

// The size of the vocabulary of the run's model: that of its checkpoint, or of its data. Throws
// Error: the data were not made with the tokenizer of the checkpoint.
int64_t vocabulary_of(const config::RunConfig& config, int64_t in_data);

// Fills the model, in fp32, and returns a sentence for the log; nothing if the run starts from random
// weights. Parameters that the other model does not have (sink logits, gates) keep their initial
// values and are named. Throws Error: another model than planned is there; NaN or infinity.
std::optional<std::string> load_initial_weights(model::Decoder& model, const config::Job& job);

// The file of the adapters that the run goes on with (train.lora_form = peft); none: it has new ones.
std::optional<std::filesystem::path> initial_adapters(const config::RunConfig& config);

}  // namespace sinkmoe::train
