#include "plan/sweep/experiment_name.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "config/compose/override.h"
#include "config/field_view.h"
#include "core/hash.h"
#include "core/text/safe_name.h"
#include "core/text/split_join.h"

namespace sinkmoe::plan {

namespace {

constexpr std::array<std::string_view, 3> kChangesNoRun = {"run.threads", "run.log_every",
                                                           "train.checkpoint_every"};

// The values of an override in one spelling: 1e3 for a field of whole numbers is 1000, seeds(2) is 0,1.
std::string values_of(const config::Override& override) {
  return join(override.settings, ",", [&](const config::Setting& setting) {
    if (override.group) return setting.value.text;
    config::RunConfig scratch;
    if (const auto problem = config::apply(scratch, setting)) throw Error(*problem);
    return config::bare_text(config::field_value(scratch, override.key));
  });
}

std::string plain(std::string_view argument) {
  std::string text;
  for (const char c : argument) {
    if (std::isalnum(static_cast<unsigned char>(c)) ||
        std::string_view("._-=,").find(c) != std::string_view::npos)
      text += c;
    else if (std::string_view(" \t()[]'\"").find(c) == std::string_view::npos)
      text += '-';
  }
  return text;
}

}  // namespace

std::string experiment_name(const std::string& base, const std::vector<std::string>& overrides) {
  std::map<std::string, std::string> last;
  for (const std::string& argument : overrides) {
    const config::Override override = config::parse_override(argument);
    if (std::find(kChangesNoRun.begin(), kChangesNoRun.end(), override.key) == kChangesNoRun.end())
      last[override.key] = values_of(override);
  }
  std::string name = base, exact = base;
  for (const auto& [key, values] : last) {
    name += "+" + plain(key + "=" + values);
    exact += "\n" + key + "=" + values;
  }
  if (name.size() <= kExperimentName) return name;
  const std::string hash = "@" + sha256_hex(exact).substr(0, 8);
  return name.substr(0, kExperimentName - hash.size()) + hash;
}

}  // namespace sinkmoe::plan
