// Runs whose train.init_checkpoint is a folder of adapters: they are merged into the model, or go on training as they are.
#pragma once

#include "config/run_config.h"
#include "pretrained/checkpoint.h"

namespace sinkmoe::pretrained {

// True for a run of some steps with train.lora_form = peft: it trains the adapters of its start.
// Otherwise they become part of the weights.
bool continues_adapters(const config::TrainConfig& train);

// Throws Error unless the run can go on with these adapters: the same rank and scale, on q, k, v and o
// of every layer.
void check_continued(const config::TrainConfig& train, const Model& model);

}  // namespace sinkmoe::pretrained
