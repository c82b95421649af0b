// Any bytes as a configuration, as a stored run and as an experiment: an Error or a value, never
// anything else.
#include <cstdint>
#include <filesystem>
#include <string>

#include "config/compose/canonical.h"
#include "config/compose/layers.h"
#include "plan/sweep/experiment.h"
#include "plan/sweep/sweep_points.h"

namespace {

template <class F>
void attempt(F&& f) {
  try {
    f();
  } catch (const sinkmoe::Error&) {
  }
}

// An accepted value must survive writing and reading.
void round_trip(const std::string& text) {
  const sinkmoe::config::RunConfig config = sinkmoe::config::parse_canonical(text, "fuzz");
  if (sinkmoe::config::parse_canonical(sinkmoe::config::canonical_text(config), "again") != config)
    __builtin_trap();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  attempt([&] { round_trip(text); });
  attempt([&] {
    const std::vector<std::string> groups = {"model", "attention"};
    sinkmoe::plan::count_points(sinkmoe::plan::parse_experiment(text, "fuzz.toml", groups).blocks);
  });
  return 0;
}
