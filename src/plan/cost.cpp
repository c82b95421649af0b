#include <cmath>

#include "config/compose/canonical.h"
#include "config/plugins/variant.h"
#include "data/source.h"
#include "plan/cost_table.h"

namespace sinkmoe::plan {

namespace {

// Number of weights in one layer: matrices, and vectors (norms and parameters of the variant).
struct LayerSize {
  int64_t matrices = 0, vectors = 0;
};

LayerSize layer_size(const config::RunConfig& config) {
  const config::ModelConfig& m = config.model;
  const int64_t width = m.width, head = width / m.heads;
  const int64_t key_value_heads = m.kv_heads == 0 ? m.heads : m.kv_heads;
  const auto hidden = static_cast<int64_t>(std::llround(m.mlp_ratio * static_cast<double>(width)));
  LayerSize size;
  size.matrices = 2 * width * width + 2 * width * key_value_heads * head;
  size.matrices += (m.mlp == config::Mlp::swiglu ? 3 : 2) * width * hidden;
  size.vectors = 2 * width + (m.qk_norm ? 2 * head : 0);
  for (const config::VariantParam& param : config::variant_parameters(config))
    (param.is_matrix() ? size.matrices : size.vectors) += param.count();
  return size;
}

}  // namespace

Cost estimate_cost(const config::RunConfig& config, int64_t vocabulary) {
  const config::ModelConfig& m = config.model;
  const LayerSize layer = layer_size(config);
  const int64_t embedding = vocabulary * m.width;
  Cost cost;
  cost.matrix_parameters = m.layers * layer.matrices + embedding;
  cost.parameters = cost.matrix_parameters + m.layers * layer.vectors + m.width;
  if (!m.tie_embeddings) cost.parameters += embedding;
  if (m.positions == config::Positions::learned) cost.parameters += config.data.context * m.width;
  cost.tokens = config.train.steps * config.train.batch * config.data.context;
  const double attention = 6.0 * static_cast<double>(m.layers) * static_cast<double>(m.width) *
                           static_cast<double>(config.data.context);
  // The backward pass does twice what the forward pass does.
  const double variant = 3.0 * static_cast<double>(m.layers) * config::variant_flops(config);
  cost.flops = (6.0 * static_cast<double>(cost.matrix_parameters) + attention + variant) *
               static_cast<double>(cost.tokens);
  return cost;
}

Cost CostTable::operator()(const config::RunConfig& config) {
  return estimate_cost(config, vocabulary(config));
}

int64_t CostTable::vocabulary(const config::RunConfig& config) {
  const std::string key = config::section_text(config, {"data"});
  const auto it = known_.find(key);
  if (it != known_.end()) return it->second;
  try {
    return known_[key] = data::open_source(config.data)->vocabulary();
  } catch (const Error&) {
    if (assumed_ == 0) throw;
    return known_[key] = assumed_;
  }
}

}  // namespace sinkmoe::plan
