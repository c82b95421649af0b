#include "pretrained/start/decoder_config.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "core/error.h"

namespace sinkmoe::pretrained {

namespace {

using Reasons = std::vector<std::string>;

// The base of plain rotary positions over all channels of a head, or nothing.
std::optional<double> plain_base(const Rotary& r, int64_t K) {
  const auto pairs = static_cast<double>(K) / 2;
  if (r.amplitude != 1 || static_cast<double>(r.frequency.size()) != pairs || pairs < 2) return {};
  double base = std::pow(r.frequency[1], -pairs);
  if (std::abs(base - std::round(base)) < 1e-6 * base) base = std::round(base);
  for (size_t i = 0; i < r.frequency.size(); ++i)
    if (std::abs(r.frequency[i] * std::pow(base, static_cast<double>(i) / pairs) - 1) > 1e-9)
      return {};
  return base;
}

bool has_bias(const Layer& l) {
  const Linear* all[] = {&l.query, &l.key, &l.value, &l.out, &l.gate, &l.up, &l.down};
  return std::any_of(std::begin(all), std::end(all),
                     [](const Linear* x) { return x->bias.exists(); });
}

void check_layers(const Architecture& a, int64_t context, Reasons& reasons) {
  const auto any = [&](auto&& f) { return std::any_of(a.layers.begin(), a.layers.end(), f); };
  const bool qk_norm = a.layers.front().query_norm.exists();
  const auto refuse = [&](bool found, const char* what) {
    if (found) reasons.emplace_back(what);
  };
  refuse(any(has_bias), "biases");
  refuse(any([](const Layer& l) { return l.experts.count > 0; }), "experts");
  refuse(any([](const Layer& l) { return l.delta.exists(); }), "linear attention");
  refuse(any([](const Layer& l) { return l.sinks.exists(); }), "learned sinks");
  refuse(any([](const Layer& l) { return l.head_gate.weight.exists(); }), "gates of the heads");
  refuse(any([&](const Layer& l) { return l.window > 0 && l.window < context; }),
         "windows shorter than data.context");
  refuse(any([](const Layer& l) { return l.rotary != 0; }),
         "layers without positions, or with a second rotary base");
  refuse(any([](const Layer& l) { return l.attention_after.exists() || l.feed_after.exists(); }),
         "norms after the branches");
  refuse(any([](const Layer& l) { return !l.attention_norm.exists() || !l.feed_norm.exists(); }),
         "branches without a norm before them");
  refuse(any([](const Layer& l) { return l.experts.count == 0 && !l.gate.weight.exists(); }),
         "a feed-forward part without a gate");
  refuse(any([&](const Layer& l) {
           return l.query_norm.exists() != qk_norm || l.key_norm.exists() != qk_norm;
         }),
         "a QK-norm in some layers only");
}

}  // namespace

config::ModelConfig decoder_config(const Architecture& a, int64_t context,
                                   const std::string& where) {
  Reasons reasons;
  const auto refuse = [&](bool found, const std::string& what) {
    if (found) reasons.push_back(what);
  };
  check_layers(a, context, reasons);
  refuse(a.head_width * a.heads != a.width, "heads of another width than width / heads");
  refuse(a.norm != NormKind::rms, "another norm than RMSNorm");
  refuse(a.norm_all_heads, "a QK-norm over all heads together");
  refuse(a.activation != Activation::silu, "another activation than SiLU");
  refuse(a.parallel, "parallel branches");
  refuse(a.embedding_scale != 1, "scaled embeddings");
  refuse(a.positions.exists(), "learned positions");
  refuse(a.unembedding.bias.exists(), "an output bias");
  refuse(std::abs(a.score_scale * std::sqrt(static_cast<double>(a.head_width)) - 1) > 1e-9,
         "another scale of the scores");
  const auto base =
      a.rotary.size() == 1 ? plain_base(a.rotary[0], a.head_width) : std::optional<double>();
  refuse(!base && !a.positions.exists(), "scaled or partial rotary positions");
  if (!reasons.empty()) {
    std::string list;
    for (const std::string& reason : reasons) list += (list.empty() ? "" : "; ") + reason;
    throw Error("a run cannot start from this model of the family " + a.family +
                    ", because our decoder does not have: " + list,
                where, "'sinkmoe heads' measures such models");
  }
  if (context > a.max_positions)
    throw Error("data.context is " + std::to_string(context) + ", the model has " +
                    std::to_string(a.max_positions) + " positions",
                where, "lower data.context");
  config::ModelConfig m;
  m.layers = static_cast<int64_t>(a.layers.size());
  m.width = a.width;
  m.heads = a.heads;
  m.kv_heads = a.kv_heads == a.heads ? 0 : a.kv_heads;
  m.mlp = config::Mlp::swiglu;
  m.mlp_ratio = static_cast<double>(a.feed) / static_cast<double>(a.width);
  m.positions = config::Positions::rotary;
  m.rotary_base = *base;
  m.qk_norm = a.layers.front().query_norm.exists();
  m.tie_embeddings = a.tied;
  m.norm_eps = a.norm_eps;
  return m;
}

}  // namespace sinkmoe::pretrained
