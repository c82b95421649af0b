// The logits of the next token, for `sinkmoe sample`: the interface to the LibTorch half.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "config/run_config.h"
#include "pretrained/checkpoint.h"

namespace sinkmoe::pretrained {

// ids (at least one) -> logits of the token that follows, [vocabulary]. Every call computes the
// whole row again. Throws Error for an id outside the vocabulary.
using NextToken = std::function<std::vector<float>(std::span<const int32_t> ids)>;

// The one entry is "layers" (src/inference). Holds the whole model in fp32 in memory.
struct FolderLogits {
  static constexpr const char* kind = "logits of a folder";
  std::string name, help;
  std::function<NextToken(const Model&)> open;  // the model must outlive the function
};

// The one entry is "decoder" (src/run/jobs). `weights` is the model.safetensors of a run.
struct RunLogits {
  static constexpr const char* kind = "logits of a run";
  std::string name, help;
  std::function<NextToken(const config::RunConfig&, const std::filesystem::path& weights)> open;
};

// Throws Error for an id outside [0, vocabulary).
void check_ids(std::span<const int32_t> ids, int64_t vocabulary);

// The id to continue with: the most probable one (the first of equals) at temperature 0, else a
// draw from softmax(logits / temperature) as a function of (seed, index).
struct Choice {
  double temperature = 0;
  uint64_t seed = 0;
};
int32_t choose_next(std::span<const float> logits, const Choice& choice, uint64_t index);

}  // namespace sinkmoe::pretrained
