// Formats numbers: fixed digits, independent of the locale, never "-0".
#pragma once

#include <optional>
#include <string>

#include "stats/summary.h"

namespace sinkmoe::report {

std::string fixed(double value, int digits);         // "1.2340"
std::string signed_fixed(double value, int digits);  // "+0.0012", "-0.0012", "0.0000"
std::string significant(double value, int digits);   // "0.0012", "1.2e-07"
std::string p_text(std::optional<double> p);         // "0.012", "< 0.0001", "" when absent

// A key value for print: "1e-04" becomes "0.0001"; other texts are not changed.
std::string plain_key(const std::string& text);

// "1.2340 ± 0.0012", "1.2340" for one value, "" for none.
std::string mean_text(const stats::Summary& s, int digits);
// "-0.0012 [-0.0030, +0.0006]", "-0.0012" for one pair, "" for none.
std::string difference_text(const stats::Summary& s, int digits);
// Mean or difference with as many digits as two significant digits of the half width need.
std::string effect_text(const stats::Summary& s, bool difference);

}  // namespace sinkmoe::report
