#include "pretrained/config/rotary.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "core/error.h"
#include "core/text/number.h"

namespace sinkmoe::pretrained {

namespace {

constexpr double kPi = std::numbers::pi;

double read_factor(JsonReader& p) {
  const double factor = p.number("factor");
  if (factor <= 0) p.refuse("factor", "is " + shortest(factor) + ", expected a number above 0");
  return factor;
}

// LLaMA 3: wavelengths above the original context are stretched by `factor`, short ones are kept,
// and those in between are interpolated.
void scale_llama3(JsonReader& p, Rotary& rotary) {
  const double factor = read_factor(p), low = p.number("low_freq_factor"),
               high = p.number("high_freq_factor");
  const auto original = static_cast<double>(p.integer("original_max_position_embeddings"));
  if (high <= low) p.refuse("high_freq_factor", "must be above low_freq_factor");
  for (double& f : rotary.frequency) {
    const double turns = original * f / (2 * kPi);  // within the original context
    const double keep = std::clamp((turns - low) / (high - low), 0.0, 1.0);
    f = keep * f + (1 - keep) * f / factor;
  }
}

double yarn_magnitude(double factor, double scale) {
  return factor <= 1 ? 1 : 0.1 * scale * std::log(factor) + 1;
}

// YaRN (Peng and others, 2023): channels that turn often within the original context are kept,
// slow ones are stretched, with a linear ramp in between. Sine and cosine are scaled by a factor.
void scale_yarn(JsonReader& p, double base, const RotaryDefaults& defaults, Rotary& rotary) {
  const auto original =
      static_cast<double>(p.integer("original_max_position_embeddings", defaults.max_positions));
  const double factor = read_factor(p);
  const double fast = p.number("beta_fast", 32), slow = p.number("beta_slow", 1);
  const bool truncate = p.boolean("truncate", true);
  const bool pair = p.has("mscale") && p.has("mscale_all_dim");
  const double otherwise = pair ? yarn_magnitude(factor, p.number("mscale")) /
                                      yarn_magnitude(factor, p.number("mscale_all_dim"))
                                : yarn_magnitude(factor, 1);
  rotary.amplitude = p.number("attention_factor", otherwise);
  const auto n = static_cast<double>(rotary.frequency.size());
  const auto channel = [&](double turns) {
    return n * std::log(original / (turns * 2 * kPi)) / std::log(base);
  };
  double low = channel(fast), high = channel(slow);
  if (truncate) low = std::floor(low), high = std::ceil(high);
  low = std::max(low, 0.0);
  high = std::min(high, 2 * n - 1);
  if (low == high) high += 0.001;
  for (size_t i = 0; i < rotary.frequency.size(); ++i) {
    const double ramp = std::clamp((static_cast<double>(i) - low) / (high - low), 0.0, 1.0);
    rotary.frequency[i] *= (1 - ramp) + ramp / factor;
  }
}

std::string kind_of(JsonReader& p) {
  const std::string older = p.text("type", "default");
  const std::string kind = p.text("rope_type", older);
  if (p.has("type") && older != kind) p.refuse("type", "is not what 'rope_type' says");
  return kind;
}

}  // namespace

Rotary read_rotary_parameters(JsonReader p, int64_t head_width, const RotaryDefaults& defaults) {
  const double base = p.number("rope_theta", defaults.base);
  const double share = p.number("partial_rotary_factor", defaults.share);
  if (base <= 1) p.refuse("rope_theta", "must be above 1");
  if (share <= 0 || share > 1) p.refuse("partial_rotary_factor", "must be above 0 and at most 1");
  const auto channels = static_cast<int64_t>(static_cast<double>(head_width) * share);
  if (channels < 2 || channels % 2 != 0)
    throw Error("rotary positions need an even number of channels, got " + std::to_string(channels),
                p.where());
  Rotary rotary;
  for (int64_t i = 0; i < channels; i += 2)
    rotary.frequency.push_back(
        std::pow(base, -static_cast<double>(i) / static_cast<double>(channels)));
  const std::string kind = kind_of(p);
  if (kind == "linear") {
    const double factor = read_factor(p);
    for (double& f : rotary.frequency) f /= factor;
  } else if (kind == "llama3") {
    scale_llama3(p, rotary);
  } else if (kind == "yarn") {
    scale_yarn(p, base, defaults, rotary);
  } else if (kind != "default") {
    throw Error("unknown kind of rotary positions '" + kind + "'", p.where(),
                "known: default, linear, llama3, yarn");
  }
  p.finish();
  const auto finite = [](double f) { return std::isfinite(f); };
  if (!std::all_of(rotary.frequency.begin(), rotary.frequency.end(), finite) ||
      !finite(rotary.amplitude))
    throw Error("the rotary frequencies are not finite", p.where(), "check its numbers");
  return rotary;
}

Rotary read_rotary(JsonReader& config, int64_t head_width, const RotaryDefaults& defaults) {
  RotaryDefaults beside = defaults;
  const bool has_base = config.has("rope_theta");
  beside.base = config.number("rope_theta", defaults.base);
  beside.share = config.number("partial_rotary_factor", defaults.share);
  if (config.has("rope_parameters")) {
    if (config.has("rope_scaling"))
      config.refuse("rope_scaling", "stands beside 'rope_parameters'", "keep one of the two");
    JsonReader parameters = config.object("rope_parameters");
    if (has_base && parameters.number("rope_theta", beside.base) != beside.base)
      config.refuse("rope_theta", "is not what 'rope_parameters' says", "keep one of the two");
    return read_rotary_parameters(std::move(parameters), head_width, beside);
  }
  return read_rotary_parameters(config.object("rope_scaling"), head_width, beside);
}

}  // namespace sinkmoe::pretrained
