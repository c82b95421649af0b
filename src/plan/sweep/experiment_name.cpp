#include "plan/sweep/experiment_name.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "config/compose/override.h"
#include "core/hash.h"
#include "core/text/safe_name.h"

namespace sinkmoe::plan {

namespace {

constexpr std::array<std::string_view, 3> kChangesNoRun = {"run.threads", "run.log_every",
                                                           "train.checkpoint_every"};

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
    const std::string key = config::parse_override(argument).key;
    if (std::find(kChangesNoRun.begin(), kChangesNoRun.end(), key) == kChangesNoRun.end())
      last[key] =
          argument.starts_with('~') ? key + "=default" : argument.substr(argument.starts_with('+'));
  }
  std::string name = base, exact = base;
  for (const auto& [key, argument] : last) {
    name += "+" + plain(argument);
    exact += "\n" + argument;
  }
  if (name.size() <= kExperimentName) return name;
  const std::string hash = "@" + sha256_hex(exact).substr(0, 8);
  return name.substr(0, kExperimentName - hash.size()) + hash;
}

}  // namespace sinkmoe::plan
