#include "plan/memory/memory.h"

#include <algorithm>
#include <cmath>

#include "config/plugins/variant.h"

namespace sinkmoe::plan {

namespace {

constexpr double kFloat = 4, kIds = 16;  // bytes: of fp32; of an id and its target

// Numbers per token in one layer. The names follow src/model/decoder.cpp.
struct LayerNumbers {
  double kept = 0;  // for the backward pass, with the stream that enters the layer
  double backward =
      0;  // made by the backward pass of its feed-forward part, less what that part gives back
  double weights = 0;  // largest gradient of one matrix (not per token)
};

LayerNumbers layer_numbers(const config::RunConfig& config) {
  const config::ModelConfig& m = config.model;
  const auto C = static_cast<double>(m.width), H = static_cast<double>(m.heads);
  const double J = m.kv_heads == 0 ? H : static_cast<double>(m.kv_heads), K = C / H;
  const auto F = static_cast<double>(std::llround(m.mlp_ratio * C));
  const double up = m.mlp == config::Mlp::swiglu ? 2 * F : F;
  LayerNumbers n;
  const double heads = C + 2 * J * K;      // q, k, v
  n.kept = C + C + heads + C + 3 * H + 1;  // stream, its norm, heads, their output; gate, top, sum
  n.kept += C + C + 1 + up + F;  // stream after attention, its norm; before and after activation
  if (m.qk_norm)
    n.kept += 2 * (C + J * K) + H + J;  // q and k are normed, then rotated, in new memory
  // A matrix of the variant reads the stream; what it makes multiplies the output of the heads.
  for (const config::VariantParam& param : config::variant_parameters(config))
    if (param.is_matrix()) n.kept += C + static_cast<double>(param.shape[0]);
  n.backward = 2 * C + (m.mlp == config::Mlp::swiglu ? 2 * F : 0);
  n.weights = std::max(up * C, heads * C);
  return n;
}

}  // namespace

Memory estimate_memory(const config::RunConfig& config, int64_t vocabulary, const Cost& cost,
                       const Division& division) {
  const bool cuda = config.run.device == config::Device::cuda;
  const bool bf16 = config.run.precision == config::Precision::bf16;
  const double number = bf16 ? 2 : kFloat;  // of an activation
  const auto n = static_cast<double>(cost.parameters), C = static_cast<double>(config.model.width),
             L = static_cast<double>(config.model.layers), V = static_cast<double>(vocabulary);
  const double ranks = static_cast<double>(division.ranks);
  const double rows =
      std::ceil(static_cast<double>(config.train.batch / config.train.micro_batches) / ranks);
  const double tokens = rows * static_cast<double>(config.data.context);
  Memory memory;
  memory.weights = n * (kFloat + (bf16 ? 2 : 0));
  memory.gradients = n * kFloat;
  memory.moments = 2 * n * kFloat / (division.shard == config::Shard::optimizer ? ranks : 1);

  const LayerNumbers layer = layer_numbers(config);
  const bool again = division.recompute == config::Recompute::layer;
  const double kept = again ? L * (C + static_cast<double>(config.model.heads)) : L * layer.kept;
  // Either the output matrix needs most (the logits of a chunk, gradients of the last stream and of
  // the matrix), or the backward pass of the last layer.
  const double chunk = std::min(tokens, cuda ? 8192 : std::max(64.0, (4 << 20) / (V * kFloat)));
  const double at_output = number * tokens * (3 * C), output = chunk * V * number + V * C * kFloat;
  const double in_layer =
      number * (tokens * (layer.backward + C + (again ? layer.kept : 0)) + layer.weights);
  const double ids = 2 * kIds * tokens;
  if (at_output + output > in_layer) {
    memory.logits = output;
    memory.activations = number * tokens * kept + at_output + ids;
  } else {
    memory.activations = number * tokens * kept + in_layer + ids;
  }
  return memory;
}

double checkpoint_bytes(const Cost& cost) { return 3 * weights_bytes(cost); }

double weights_bytes(const Cost& cost) { return kFloat * static_cast<double>(cost.parameters); }

}  // namespace sinkmoe::plan
