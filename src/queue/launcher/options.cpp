#include "queue/launcher/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <numeric>
#include <string_view>

#include "config/compose/layers.h"
#include "config/toml/toml_values.h"
#include "core/text/number.h"
#include "core/text/split_join.h"
#include "core/text/suggest.h"

namespace sinkmoe::queue {

namespace {

using config::TomlValue;
using Kind = TomlValue::Kind;

// True if the value has the field's type.
bool take(const TomlValue& value, std::string& out) {
  if (value.kind == Kind::kString) out = value.text;
  return value.kind == Kind::kString;
}
bool take(const TomlValue& value, int64_t& out) {
  if (value.kind == Kind::kInteger) out = value.integer;
  return value.kind == Kind::kInteger;
}
bool take(const TomlValue& value, double& out) {
  const bool fits = value.kind == Kind::kInteger || value.kind == Kind::kFloat;
  if (fits) out = value.number;
  return fits;
}
bool take(const TomlValue& value, std::vector<std::string>& out) {
  out.clear();
  for (const TomlValue& item : value.items) {
    if (item.kind != Kind::kString) return false;
    out.push_back(item.text);
  }
  return value.kind == Kind::kArray;
}

const char* type_of(const std::string&) { return "a text"; }
const char* type_of(int64_t) { return "a whole number"; }
const char* type_of(double) { return "a number"; }
const char* type_of(const std::vector<std::string>&) { return "a list of texts"; }

std::vector<std::string> keys() {
  std::vector<std::string> names;
  const LauncherOptions defaults;
  fields(defaults, [&](const FieldInfo& info, const auto&) { names.emplace_back(info.key); });
  return names;
}

bool has_control(const std::string& text, bool lines) {
  return std::any_of(text.begin(), text.end(), [&](unsigned char c) {
    return (c < ' ' && !(lines && (c == '\n' || c == '\t'))) || c == 0x7f;
  });
}

// Memory as Slurm reads it: 8000 (MB), 8G; 0 is all of a node.
bool is_memory(const std::string& text) {
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const std::string unit = text.substr(digits);
  return digits > 0 && digits < 16 &&
         (unit.empty() ||
          (unit.size() == 1 && std::string_view("KMGTkmgt").find(unit) != std::string_view::npos));
}

// A name, or several with commas: no blanks, quotes or characters of a shell.
bool is_slurm_name(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) ||
           std::string_view("._-+@:/=,").find(static_cast<char>(c)) != std::string_view::npos;
  });
}

}  // namespace

LauncherOptions read_launcher_options(const std::filesystem::path& config_root,
                                      const std::string& name) {
  LauncherOptions options;
  const std::filesystem::path path = config::find_toml(config_root / config::kLauncherFolder, name);
  if (path.empty())
    throw Error("no file " + name + ".toml", (config_root / config::kLauncherFolder).string(),
                known_names(name, config::toml_names(config_root / config::kLauncherFolder)));
  std::vector<Problem> problems;
  for (const auto& [key, value] : config::read_toml(path).members) {
    const std::string where = config::place(path.string(), value);
    bool known = false;
    fields(options, [&](const FieldInfo& info, auto& field) {
      if (key != info.key) return;
      known = true;
      if (!take(value, field))
        problems.push_back(
            {fmt::format("{} is {}, not {}", key, config::toml_literal(value), type_of(field)),
             where, info.help});
    });
    if (!known) problems.push_back({"unknown key '" + key + "'", where, known_names(key, keys())});
  }
  if (!problems.empty()) throw Error(problems);
  return options;
}

void check(const LauncherOptions& options) {
  std::vector<Problem> problems;
  const auto named = [](std::string_view key) {
    return key == "partition" || key == "account" || key == "qos";
  };
  fields(options, [&](const FieldInfo& info, const auto& value) {
    using Value = std::remove_cvref_t<decltype(value)>;
    const std::string where = std::string("launcher option ") + info.key;
    if constexpr (std::is_arithmetic_v<Value>) {
      if (!(static_cast<double>(value) >= info.lo && static_cast<double>(value) <= info.hi))
        problems.push_back({fmt::format("{} is out of range", value), where,
                            fmt::format("give {:g} to {:g}", info.lo, info.hi)});
    } else if constexpr (std::is_same_v<Value, std::string>) {
      if (has_control(value, info.key == std::string_view("setup")))
        problems.push_back({"it has a control character or a line break", where, ""});
      else if (info.key == std::string_view("mem") && !value.empty() && !is_memory(value))
        problems.push_back({"'" + value + "' is no amount of memory", where,
                            "write a number with K, M, G or T, such as 8G; 0 is all of a node"});
      else if (named(info.key) && !is_slurm_name(value))
        problems.push_back({"'" + value + "' cannot be a name of Slurm", where,
                            "use letters, digits and . _ - + @ : / =, with commas between names"});
    } else {
      for (const std::string& line : value)
        if (!line.starts_with("-") || has_control(line, false))
          problems.push_back({"'" + line + "' is no option of sbatch", where,
                              "write it as in a batch script: --constraint=h100"});
    }
  });
  if (!options.time.empty()) try {
      const int64_t limit = seconds_of_limit(options.time);
      if (2 * options.signal_seconds > limit)
        problems.push_back(
            {fmt::format("signal_seconds is {}, more than half of the time limit {}",
                         options.signal_seconds, options.time),
             "launcher option signal_seconds",
             "give a longer time, or fewer seconds: a task that is told to stop trains no more"});
    } catch (const Error& e) {
      problems.insert(problems.end(), e.problems().begin(), e.problems().end());
    }
  if (!problems.empty()) throw Error(problems);
}

int64_t seconds_of_limit(const std::string& text) {
  const size_t dash = text.find('-');
  const bool days = dash != std::string::npos;
  std::vector<int64_t> parts;
  bool good = true;
  for (const std::string& part : split(days ? text.substr(dash + 1) : text, ':')) {
    const auto number = parse_number<int64_t>(part);
    good = good && number && *number >= 0 && *number < 10'000'000;
    parts.push_back(number.value_or(0));
  }
  const auto day = days ? parse_number<int64_t>(text.substr(0, dash)) : 0;
  good = good && day && *day >= 0 && *day < 10'000 && parts.size() <= 3;
  // Every part behind a larger one is below its limit: 4:99 would be read as 5:39.
  for (size_t i = days ? 0 : 1; i < parts.size(); ++i)
    good = good && parts[i] < (days && i == 0 ? 24 : 60);
  if (!good)
    throw Error(
        "'" + text + "' is no time limit", "launcher option time",
        "write minutes (30), minutes and seconds (45:30), hours (4:00:00) or days (1-12); minutes and seconds "
        "behind a colon end at 59");
  // "30" and "MM:SS" start with minutes, all others with hours.
  if (!days && parts.size() < 3) parts.insert(parts.begin(), 0);
  parts.resize(3, 0);
  const int64_t seconds = *day * 86400 + parts[0] * 3600 + parts[1] * 60 + parts[2];
  if (seconds == 0) throw Error("the time limit is 0", "launcher option time", "give a longer one");
  return seconds;
}

}  // namespace sinkmoe::queue
