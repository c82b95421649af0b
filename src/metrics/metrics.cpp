#include "metrics/metrics.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "attention/softmax_attention.h"
#include "core/registry.h"
#include "metrics/probe_math.h"
#include "metrics/summary.h"

namespace sinkmoe::metrics {

namespace {

// Gates are counted by their logit, so that quantiles stay exact where a head is nearly closed or open.
constexpr int64_t kBins = 8192;
constexpr double kMostLogit = 20, kBinWidth = 2 * kMostLogit / kBins;

at::Tensor logit_bin(const at::Tensor& gate) {
  const at::Tensor g = at::clamp(gate.to(at::kDouble), 0, 1);
  const at::Tensor logit = at::clamp(g.log() - (-g).log1p(), -kMostLogit, kMostLogit);
  return at::clamp_max(((logit + kMostLogit) / kBinWidth).to(at::kLong), kBins - 1);
}

// Weight of each query on token 0: its weight in a plain softmax over the keys, times the mass that
// the variant leaves on real keys (a learned sink takes some).
at::Tensor first_weight_BHT(const attention::HeadIn& in, const attention::HeadOut& out) {
  if (out.first_weight_BHT.defined()) return out.first_weight_BHT;
  const attention::AttentionOut plain = attention::softmax_attention(
      in.q_BHTK, in.k_BJTK, in.v_BJTK, in.scale, attention::SinkMode::first_key);
  const at::Tensor weight = 1 - plain.gate_BHT;
  const at::Tensor& mass_BHT = out.key_mass.mass_BHT;
  return mass_BHT.defined() ? weight * mass_BHT : weight;
}

// Median over the last dimension. For an even count, the mean of the two middle values; at::median
// would take the lower one.
at::Tensor median_of(const at::Tensor& x) {
  const int64_t n = x.size(-1);
  const at::Tensor sorted = std::get<0>(x.sort(-1));
  return (sorted.select(-1, (n - 1) / 2) + sorted.select(-1, n / 2)) / 2;
}

// [B,J]: norm of the first value over the median norm of the others.
at::Tensor value_ratio_BJ(const at::Tensor& v_BJTK) {
  const at::Tensor norm = v_BJTK.to(at::kFloat).square().sum(-1).sqrt();
  if (norm.size(-1) < 2) return at::zeros_like(norm.select(-1, 0));
  const at::Tensor median = median_of(norm.narrow(-1, 1, norm.size(-1) - 1));
  return norm.select(-1, 0) / at::clamp_min(median, 1e-30);
}

at::Tensor stack(const std::vector<at::Tensor>& rows) { return at::stack(rows); }

// [B,H,T] -> [H]
at::Tensor sum_H(const at::Tensor& x_BHT) {
  return x_BHT.sum(std::vector<int64_t>{0, 2}, false, at::kDouble);
}

}  // namespace

HeadStatistics::HeadStatistics(int64_t layers, int64_t heads) {
  for (int64_t i = 0; i < layers; ++i) {
    auto zeros = [&] { return at::zeros({heads}, at::kDouble); };
    layers_.push_back(
        {zeros(), zeros(), zeros(), zeros(), at::zeros({heads, kBins}, at::kInt), {}});
  }
}

void HeadStatistics::add(int64_t layer, const attention::HeadIn& in,
                         const attention::HeadOut& out) {
  const at::NoGradGuard no_grad;
  Sums& s = layers_.at(static_cast<size_t>(layer));
  const int64_t B = in.q_BHTK.size(0), H = in.q_BHTK.size(1), T = in.q_BHTK.size(2);
  for (at::Tensor* sum : {&s.gate_H, &s.first_H, &s.ratio_H, &s.norm_H, &s.histogram_HB})
    if (sum->device() != in.q_BHTK.device()) *sum = tensor::to_device(*sum, in.q_BHTK.device());
  const at::Tensor gate =
      out.gate_BHT.narrow(2, std::min<int64_t>(1, T - 1), std::max<int64_t>(1, T - 1));
  s.gate_H += sum_H(gate);
  s.gate_count += static_cast<double>(gate.size(0) * gate.size(2));
  const at::Tensor first_BHT = first_weight_BHT(in, out);
  s.first_H += sum_H(first_BHT);
  s.first_BH.push_back(first_BHT.mean(2, false, at::kDouble));
  s.query_count += static_cast<double>(B * T);
  const at::Tensor ratio = value_ratio_BJ(in.v_BJTK).sum(0);
  s.ratio_H += ratio.repeat_interleave(H / ratio.size(0)).to(at::kDouble);
  s.row_count += static_cast<double>(B);
  s.norm_H += sum_H(out.out_BHTK.to(at::kFloat).square().sum(-1).sqrt());
  s.histogram_HB += counts_HB(logit_bin(gate), kBins).to(at::kInt);
}

void HeadStatistics::read(tensor::HostRead& host) {
  const auto all = [&](at::Tensor Sums::* sum) {
    std::vector<at::Tensor> rows;
    for (const Sums& s : layers_) rows.push_back(s.*sum);
    const at::Tensor on_host = host.add(at::stack(rows));
    for (size_t l = 0; l < layers_.size(); ++l) layers_[l].*sum = on_host[static_cast<int64_t>(l)];
  };
  for (at::Tensor Sums::* sum :
       {&Sums::gate_H, &Sums::first_H, &Sums::ratio_H, &Sums::norm_H, &Sums::histogram_HB})
    all(sum);
  for (Sums& s : layers_)
    if (!s.first_BH.empty()) s.first_BH = {host.add(at::cat(s.first_BH))};
}

void HeadStatistics::sum_over(ranks::Group& group) {
  const int64_t H = layers_.at(0).gate_H.size(0);
  // Where each rank's rows begin among the rows of all.
  const at::Tensor rows = at::zeros({group.size()}, at::kDouble);
  rows[group.rank()].fill_(layers_[0].row_count);
  group.sum(rows);
  const int64_t all = rows.sum().item<int64_t>(),
                before = rows.narrow(0, 0, group.rank()).sum().item<int64_t>();
  for (Sums& s : layers_) {
    const at::Tensor first_RH = at::zeros({all, H}, at::kDouble);
    if (s.row_count > 0)
      first_RH.narrow(0, before, static_cast<int64_t>(s.row_count)).copy_(at::cat(s.first_BH));
    at::Tensor histogram_HB = s.histogram_HB.to(at::kDouble).contiguous();
    const at::Tensor counts = at::tensor({s.gate_count, s.query_count, s.row_count}, at::kDouble);
    for (const at::Tensor& sum :
         {s.gate_H, s.first_H, s.ratio_H, s.norm_H, histogram_HB, first_RH, counts})
      group.sum(sum);
    s.first_BH = {first_RH};
    s.histogram_HB = histogram_HB.to(at::kInt);
    s.gate_count = counts[0].item<double>();
    s.query_count = counts[1].item<double>();
    s.row_count = counts[2].item<double>();
  }
}

at::Tensor HeadStatistics::importance_LH() const {
  std::vector<at::Tensor> rows;
  for (const Sums& s : layers_) rows.push_back(s.gate_H / s.gate_count);
  return stack(rows);
}

at::Tensor HeadStatistics::first_weight_LH() const {
  std::vector<at::Tensor> rows;
  for (const Sums& s : layers_) rows.push_back(s.first_H / s.query_count);
  return stack(rows);
}

at::Tensor HeadStatistics::sink_rows_LH(double threshold) const {
  std::vector<at::Tensor> rows;
  for (const Sums& s : layers_)
    rows.push_back((at::cat(s.first_BH) > threshold).to(at::kDouble).mean(0));
  return stack(rows);
}

at::Tensor HeadStatistics::value_ratio_LH() const {
  std::vector<at::Tensor> rows;
  for (const Sums& s : layers_) rows.push_back(s.ratio_H / s.row_count);
  return stack(rows);
}

at::Tensor HeadStatistics::out_norm_LH() const {
  std::vector<at::Tensor> rows;
  for (const Sums& s : layers_) rows.push_back(s.norm_H / at::clamp_min(s.norm_H.mean(), 1e-30));
  return stack(rows);
}

at::Tensor HeadStatistics::gate_quantile_LH(double p) const {
  std::vector<at::Tensor> rows;
  for (const Sums& s : layers_) {
    const at::Tensor below = (s.histogram_HB.cumsum(1) < p * s.gate_count).sum(1);
    rows.push_back(((below.to(at::kDouble) + 0.5) * kBinWidth - kMostLogit).sigmoid());
  }
  return stack(rows);
}

at::Tensor cv_L(const at::Tensor& importance_LH) {
  const at::Tensor mean = importance_LH.mean(1);
  const at::Tensor deviation = (importance_LH - mean.unsqueeze(1)).square().mean(1).sqrt();
  // If all heads are closed, the variation is 0 (0 / 0). The mean has no other lower limit, because
  // nearly closed heads would then look balanced.
  return at::where(mean > 0, deviation / mean, at::zeros_like(mean));
}

namespace {

// Percentage of heads above the threshold.
double percent_above(const at::Tensor& first_LH, double threshold) {
  return 100 * (first_LH > threshold).to(at::kDouble).mean().item<double>();
}

// The column of the head holds the number of the file.
void add_files(std::vector<MetricRow>& out, int64_t step, const std::vector<FileLoss>& files) {
  for (size_t i = 0; i < files.size(); ++i) {
    const FileLoss& file = files[i];
    if (file.tokens == 0) continue;
    const int number = static_cast<int>(i);
    out.push_back({"file/loss", step, -1, number, file.nats / static_cast<double>(file.tokens)});
    out.push_back({"file/tokens", step, -1, number, static_cast<double>(file.tokens)});
    if (file.bytes > 0)
      out.push_back({"file/bpb", step, -1, number,
                     file.nats / std::numbers::ln2 / static_cast<double>(file.bytes)});
  }
}

}  // namespace

void EvaluationResult::take_heads(const HeadStatistics& heads, double sink_threshold) {
  importance_LH = heads.importance_LH();
  imbalance = cv_L(importance_LH).mean().item<double>();
  sink_rate = percent_above(heads.first_weight_LH(), sink_threshold);
  sink_rate_rows = 100 * heads.sink_rows_LH(sink_threshold).mean().item<double>();
}

std::vector<MetricRow> EvaluationResult::rows(int64_t step, const HeadStatistics& heads) const {
  const at::Tensor cv = cv_L(importance_LH), first = heads.first_weight_LH();
  std::vector<MetricRow> out;
  auto run = [&](const std::string& name, double value) {
    out.push_back({name, step, -1, -1, value});
  };
  run("eval/loss", loss);
  run("eval/perplexity", std::exp(loss));
  if (bits_per_byte) run("eval/bpb", *bits_per_byte);
  for (const auto& [name, value] : parts) run("eval/loss_" + name, value);
  if (floor) run("eval/floor", *floor);
  if (accuracy) run("eval/accuracy", *accuracy);
  run("eval/imbalance", imbalance);
  run("eval/max_layer_cv", cv.max().item<double>());
  run("eval/sink_rate", sink_rate);
  run("eval/sink_rate_rows", sink_rate_rows);
  for (const int percent : {10, 20, 50, 80})
    run("eval/sink_rate_" + std::to_string(percent), percent_above(first, percent / 100.0));
  run("eval/max_first_weight", first.max().item<double>());
  run("eval/gate_mean", importance_LH.mean().item<double>());
  add_files(out, step, files);
  const HeadMeans means{importance_LH, first, heads.value_ratio_LH(), heads.out_norm_LH()};
  for (const auto& [name, summary] : Registry<SummaryKind>::all()) run(name, summary.value(means));
  const std::pair<const char*, at::Tensor> per_head[] = {
      {"head/importance", importance_LH},
      {"head/first_weight", first},
      {"head/value_ratio", means.value_ratio_LH},
      {"head/out_norm", means.out_norm_LH},
      {"head/gate_q10", heads.gate_quantile_LH(0.1)},
      {"head/gate_q50", heads.gate_quantile_LH(0.5)},
      {"head/gate_q90", heads.gate_quantile_LH(0.9)}};
  for (int64_t l = 0; l < cv.size(0); ++l) {
    out.push_back({"layer/cv", step, static_cast<int>(l), -1, cv[l].item<double>()});
    for (const auto& [name, value_LH] : per_head)
      for (int64_t h = 0; h < value_LH.size(1); ++h)
        out.push_back(
            {name, step, static_cast<int>(l), static_cast<int>(h), value_LH[l][h].item<double>()});
  }
  return out;
}

}  // namespace sinkmoe::metrics
