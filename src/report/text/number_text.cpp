#include "report/text/number_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text/number.h"

namespace sinkmoe::report {

namespace {

std::string without_negative_zero(std::string text) {
  const bool zero = text.find_first_not_of("-+0.") == std::string::npos;
  if (zero && (text[0] == '-' || text[0] == '+')) text.erase(0, 1);
  return text;
}

}  // namespace

std::string fixed(double value, int digits) {
  return without_negative_zero(fmt::format("{:.{}f}", value, digits));
}

std::string signed_fixed(double value, int digits) {
  return without_negative_zero(fmt::format("{:+.{}f}", value, digits));
}

std::string plain_key(const std::string& text) {
  const auto value = parse_number<double>(text);
  return value && text.find('e') != std::string::npos ? fmt::format("{}", *value) : text;
}

std::string significant(double value, int digits) { return fmt::format("{:.{}g}", value, digits); }

std::string p_text(std::optional<double> p) {
  if (!p) return "";
  if (*p < 0.0001) return "< 0.0001";
  return *p < 0.1 ? significant(*p, 2) : fixed(*p, 2);
}

std::string mean_text(const stats::Summary& s, int digits) {
  if (!s.mean) return "";
  const std::string mean = fixed(*s.mean, digits);
  return s.half_width ? mean + " ± " + fixed(*s.half_width, digits) : mean;
}

std::string difference_text(const stats::Summary& s, int digits) {
  if (!s.mean) return "";
  const std::string mean = signed_fixed(*s.mean, digits);
  if (!s.half_width) return mean;
  return mean + " [" + signed_fixed(*s.low(), digits) + ", " + signed_fixed(*s.high(), digits) +
         "]";
}

std::string effect_text(const stats::Summary& s, bool difference) {
  if (!s.mean) return "";
  const double scale = s.half_width && *s.half_width > 0 ? *s.half_width : std::abs(*s.mean);
  const int digits =
      scale > 0 ? std::clamp(1 - static_cast<int>(std::floor(std::log10(scale))), 0, 9) : 1;
  return difference ? difference_text(s, digits) : mean_text(s, digits);
}

}  // namespace sinkmoe::report
