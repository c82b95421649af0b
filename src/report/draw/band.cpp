#include "report/draw/band.h"

#include <algorithm>
#include <cmath>

namespace sinkmoe::report {

namespace {

// Maps values to positions on an axis, where edges are straight lines.
struct Scale {
  bool log = false;
  double place(double value, double lowest) const {
    if (!log) return value;
    return value > 0 ? std::log(value) : lowest;
  }
  double value(double place) const { return log ? std::exp(place) : place; }
};

// Where the edge from `a` to `b` crosses `limit`, as a fraction of its length; adds nothing if it
// does not cross.
void add_crossing(double a, double b, double limit, std::vector<double>& shares) {
  if ((a < limit) == (b < limit)) return;
  const double share = (limit - a) / (b - a);
  if (share > 0 && share < 1) shares.push_back(share);
}

}  // namespace

std::vector<BandPoint> cut_band(const std::vector<BandPoint>& band, bool x_log, bool y_log,
                                Range range) {
  const Scale x{x_log}, y{y_log};
  const double bottom = y.place(range.low, 0), top = y.place(range.high, 0),
               lowest = bottom - 10 * (top - bottom);
  const auto clamped = [&](const BandPoint& p) {
    return BandPoint{p.x, std::clamp(p.low, range.low, range.high),
                     std::clamp(p.high, range.low, range.high)};
  };
  std::vector<BandPoint> cut;
  for (size_t i = 0; i < band.size(); ++i) {
    cut.push_back(clamped(band[i]));
    if (i + 1 == band.size()) break;
    const BandPoint &a = band[i], &b = band[i + 1];
    const double x0 = x.place(a.x, 0), x1 = x.place(b.x, 0), low0 = y.place(a.low, lowest),
                 low1 = y.place(b.low, lowest), high0 = y.place(a.high, lowest),
                 high1 = y.place(b.high, lowest);
    std::vector<double> shares;
    for (const double limit : {bottom, top}) {
      add_crossing(low0, low1, limit, shares);
      add_crossing(high0, high1, limit, shares);
    }
    std::sort(shares.begin(), shares.end());
    for (const double s : shares)
      cut.push_back(clamped({x.value(x0 + s * (x1 - x0)), y.value(low0 + s * (low1 - low0)),
                             y.value(high0 + s * (high1 - high0))}));
  }
  return cut;
}

}  // namespace sinkmoe::report
