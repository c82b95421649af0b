#include "metrics/probe_math.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

namespace sinkmoe::metrics {

namespace {

constexpr double kTiny = 1e-300;  // keeps 0 / 0 from becoming NaN

// Ranks from 0, equal numbers with the mean of their ranks.
at::Tensor ranks_N(const at::Tensor& x) {
  const at::Tensor value = x.detach().to(at::kCPU, at::kDouble).contiguous().flatten();
  const double* v = value.data_ptr<double>();
  std::vector<int64_t> order(static_cast<size_t>(value.numel()));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return v[a] < v[b]; });
  at::Tensor rank = at::zeros_like(value);
  double* r = rank.data_ptr<double>();
  for (size_t from = 0, to = 0; from < order.size(); from = to) {
    while (to < order.size() && v[order[to]] == v[order[from]]) ++to;
    for (size_t i = from; i < to; ++i) r[order[i]] = static_cast<double>(from + to - 1) / 2;
  }
  return rank;
}

}  // namespace

// at::bincount would read the largest number back, and adding at indices does so in exact mode.
at::Tensor counts_by_sorting(const at::Tensor& bin_BHT, int64_t bins) {
  const int64_t H = bin_BHT.size(1);
  const at::Tensor sorted_HN = std::get<0>(bin_BHT.transpose(0, 1).reshape({H, -1}).sort(-1));
  const at::Tensor edge_HB = at::arange(bins, sorted_HN.options()).expand({H, bins}).contiguous();
  const at::Tensor upto_HB = at::searchsorted(sorted_HN, edge_HB, /*out_int32=*/false,
                                              /*right=*/true);
  return at::cat({upto_HB.narrow(1, 0, 1), upto_HB.diff(1, 1)}, 1);
}

at::Tensor counts_HB(const at::Tensor& bin_BHT, int64_t bins) {
  if (!bin_BHT.is_cpu()) return counts_by_sorting(bin_BHT, bins);
  const int64_t H = bin_BHT.size(1);
  const at::Tensor flat = (bin_BHT + at::arange(H).view({1, H, 1}) * bins).flatten();
  return at::bincount(flat, {}, H * bins).view({H, bins});
}

std::optional<double> rank_correlation(const at::Tensor& x, const at::Tensor& y) {
  if (x.numel() < 2) return {};
  const at::Tensor a = ranks_N(x) - static_cast<double>(x.numel() - 1) / 2;
  const at::Tensor b = ranks_N(y) - static_cast<double>(y.numel() - 1) / 2;
  const double scale = std::sqrt(a.square().sum().item<double>() * b.square().sum().item<double>());
  if (scale == 0) return {};
  return (a * b).sum().item<double>() / scale;
}

at::Tensor effective_rank(const at::Tensor& moment_KK) {
  const at::Tensor moment = moment_KK.to(at::kCPU, at::kDouble);
  const at::Tensor singular = at::linalg_eigvalsh(moment).clamp_min(0).sqrt();
  const at::Tensor sum = singular.sum(-1, true);
  const at::Tensor p = singular / sum.clamp_min(kTiny);
  const at::Tensor entropy = -at::xlogy(p, p).sum(-1);
  return at::where(sum.squeeze(-1) > 0, entropy.exp(), at::zeros_like(entropy));
}

double top_share(const at::Tensor& x_LH, int64_t count) {
  const at::Tensor x = x_LH.to(at::kDouble);
  const at::Tensor top = std::get<0>(x.topk(count, 1)).sum(1);
  return (top / x.sum(1).clamp_min(kTiny)).mean().item<double>();
}

double mean_cv(const at::Tensor& x_LH) {
  const at::Tensor x = x_LH.to(at::kDouble).clamp_min(0);
  const at::Tensor mean = x.mean(1, true);
  const at::Tensor deviation = (x / mean.clamp_min(kTiny) - 1).square().mean(1).sqrt();
  return at::where(mean.squeeze(1) > 0, deviation, at::zeros_like(deviation)).mean().item<double>();
}

at::Tensor kurtosis_B(const at::Tensor& x) {
  const at::Tensor rows = x.to(at::kDouble).flatten(1);
  const at::Tensor square = (rows - rows.mean(1, true)).square();
  return square.square().mean(1) / square.mean(1).square().clamp_min(kTiny);
}

at::Tensor int8_round_trip(const at::Tensor& x, double largest) {
  if (largest <= 0) return x;
  const double scale = largest / 127;
  const at::Tensor wide = x.scalar_type() == at::kDouble ? x : x.to(at::kFloat);
  return ((wide / scale).round().clamp(-127, 127) * scale).to(x.scalar_type());
}

}  // namespace sinkmoe::metrics
