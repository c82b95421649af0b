// Any bytes as a config.json: refused with an Error, or an architecture with sizes above 0 and
// finite numbers.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/error.h"
#include "pretrained/checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sinkmoe::pretrained;
  try {
    const Architecture a =
        read_architecture(std::string(reinterpret_cast<const char*>(data), size), "fuzz");
    if (a.layers.empty() || a.width < 1 || a.heads < 1 || a.kv_heads < 1 || a.head_width < 1 ||
        a.vocabulary < 1 || a.max_positions < 1)
      std::abort();
    if (!std::isfinite(a.norm_eps) || !std::isfinite(a.score_scale)) std::abort();
    for (const Rotary& rotary : a.rotary) {
      if (!std::isfinite(rotary.amplitude)) std::abort();
      for (const double f : rotary.frequency)
        if (!std::isfinite(f)) std::abort();
    }
    for (const Layer& layer : a.layers)
      if (layer.window < 0) std::abort();
  } catch (const sinkmoe::Error&) {
  }
  return 0;
}
