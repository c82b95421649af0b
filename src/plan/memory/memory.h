// How much memory the training of a run takes, from its configuration alone.
#pragma once

#include <cstdint>

#include "plan/plan.h"

namespace sinkmoe::plan {

// How a run is divided and what it computes again: run.ranks, run.shard, model.recompute.
struct Division {
  int64_t ranks = 1;
  config::Shard shard = config::Shard::none;
  config::Recompute recompute = config::Recompute::none;
};

// Bytes in one process (on one GPU) at the moment of a step that needs most. Full training; adapters
// (train.lora_rank) take less.
struct Memory {
  double weights = 0;  // fp32, and a bf16 copy if the run computes in bf16
  double gradients = 0, moments = 0;
  double activations = 0;  // kept for the backward pass, and what one layer's backward pass makes
  double logits = 0;       // of one chunk of tokens, with the gradients of the output matrix

  double total() const { return weights + gradients + moments + activations + logits; }
};

// On a CPU within 10% of what a training was measured to take (tests/run/memory_test.cpp). On a GPU
// the same numbers are counted in 2 bytes; that is not measured.
Memory estimate_memory(const config::RunConfig& config, int64_t vocabulary, const Cost& cost,
                       const Division& division);

// Bytes of one checkpoint (weights and both moments), and of the final weights.
double checkpoint_bytes(const Cost& cost);
double weights_bytes(const Cost& cost);

}  // namespace sinkmoe::plan
