#include "config/sweep/sweep_values.h"

#include <charconv>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "core/error.h"
#include "core/text/number.h"
#include "core/text/split_join.h"
#include "core/text/suggest.h"

namespace sinkmoe::config {

namespace {

struct Call {
  std::string name;
  std::vector<std::string> arguments;
  std::string text, where;
};

[[noreturn]] void refuse(const Call& call, const std::string& why) {
  throw Error("'" + call.text + "': " + why, call.where,
              "write seeds(5), range(0, 1, 0.25) or logspace(1e-4, 1e-1, 4)");
}

double number(const Call& call, size_t i) {
  const std::string& text = call.arguments[i];
  double value = 0;
  const auto end = text.data() + text.size();
  const auto result = std::from_chars(text.data(), end, value);
  if (result.ec == std::errc::result_out_of_range)
    refuse(call, "'" + text + "' is too small or too large for a number of double precision");
  if (result.ec != std::errc{} || result.ptr != end || !std::isfinite(value))
    refuse(call, "'" + text + "' is not a number");
  return value;
}

int64_t count(const Call& call, size_t i) {
  const double value = number(call, i);
  if (value != std::trunc(value) || value < 1)
    refuse(call, "the count must be a whole number from 1");
  if (value > static_cast<double>(kMostSweepValues)) refuse(call, "too many values");
  return static_cast<int64_t>(value);
}

void need(const Call& call, size_t n) {
  if (call.arguments.size() != n)
    refuse(call, call.name + " takes " + std::to_string(n) + " arguments, got " +
                     std::to_string(call.arguments.size()));
}

// Twelve digits hide the rounding of repeated products, and are enough for any written value.
TomlValue rounded(double value) {
  char digits[40];
  std::snprintf(digits, sizeof digits, "%.12g", value);
  return toml_float(std::strtod(digits, nullptr) + 0.0);
}

std::vector<TomlValue> seeds(const Call& call) {
  need(call, 1);
  std::vector<TomlValue> values;
  for (int64_t i = 0, n = count(call, 0); i < n; ++i) values.push_back(toml_integer(i));
  return values;
}

std::vector<TomlValue> range(const Call& call) {
  need(call, 3);
  const double from = number(call, 0), to = number(call, 1), step = number(call, 2);
  if (step == 0) refuse(call, "the step is 0");
  const double steps =
      std::ceil((to - from) / step - 1e-9);  // a last value within rounding of `to` is left out
  if (!(steps >= 1)) refuse(call, "it is empty");
  if (steps > static_cast<double>(kMostSweepValues)) refuse(call, "too many values");
  std::vector<TomlValue> values;
  for (int64_t i = 0; i < static_cast<int64_t>(steps); ++i)
    values.push_back(rounded(from + static_cast<double>(i) * step));
  return values;
}

std::vector<TomlValue> logspace(const Call& call) {
  need(call, 3);
  const double from = number(call, 0), to = number(call, 1);
  const int64_t n = count(call, 2);
  if (!(from > 0) || !(to > 0)) refuse(call, "both ends must be above 0");
  std::vector<TomlValue> values;
  const double ratio = std::log(to) - std::log(from);
  for (int64_t i = 0; i < n; ++i) {
    const double part = n == 1 ? 0 : static_cast<double>(i) / static_cast<double>(n - 1);
    values.push_back(rounded(std::exp(std::log(from) + ratio * part)));
  }
  values.front() = toml_float(from);
  if (n > 1) values.back() = toml_float(to);
  return values;
}

std::optional<Call> parse_call(const std::string& text, const std::string& where) {
  const size_t open = text.find('(');
  if (open == std::string::npos || open == 0 || text.back() != ')') return {};
  for (const char c : text.substr(0, open))
    if (!(c >= 'a' && c <= 'z')) return {};
  Call call{text.substr(0, open), {}, text, where};
  for (const std::string& part : split(text.substr(open + 1, text.size() - open - 2), ','))
    call.arguments.emplace_back(trim(part));
  return call;
}

}  // namespace

std::vector<TomlValue> expand_call(const std::string& text, const std::string& where) {
  const std::optional<Call> call = parse_call(text, where);
  if (!call) return {};
  if (call->name == "seeds") return seeds(*call);
  if (call->name == "range") return range(*call);
  if (call->name == "logspace") return logspace(*call);
  const std::string near = did_you_mean(call->name, {"seeds", "range", "logspace"});
  refuse(*call, "unknown function" + (near.empty() ? "" : "; " + near));
}

}  // namespace sinkmoe::config
