#include "metrics/head_geometry.h"

#include <ATen/ATen.h>

#include "metrics/probe_math.h"

namespace sinkmoe::metrics {

namespace {

constexpr int64_t kBins = 40;
constexpr double kTiny = 1e-30;

at::Tensor later(const at::Tensor& x_BHTK) {
  return x_BHTK.narrow(2, 1, x_BHTK.size(2) - 1).to(at::kFloat);
}

at::Tensor length(const at::Tensor& x) { return x.square().sum(-1).sqrt(); }

// [B,J,..] -> [B,H,..]: query head h reads key head h / (H / J).
at::Tensor for_query_heads(const at::Tensor& x, int64_t H) {
  return x.size(1) == H ? x : x.repeat_interleave(H / x.size(1), 1);
}

at::Tensor sum_H(const at::Tensor& x_BHT) {
  return x_BHT.sum(std::vector<int64_t>{0, 2}, false, at::kDouble).to(at::kCPU);
}

// [B,H,T,K] -> [H, B T, K]
at::Tensor by_head(const at::Tensor& x_BHTK) { return x_BHTK.transpose(0, 1).flatten(1, 2); }

at::Tensor moment_HKK(const at::Tensor& x_BHTK) {
  const at::Tensor rows = by_head(x_BHTK).to(at::kDouble);
  return at::bmm(rows.transpose(1, 2), rows).to(at::kCPU);
}

at::Tensor histogram_HB(const at::Tensor& cosine_BHT) {
  const int64_t H = cosine_BHT.size(1);
  const at::Tensor bin =
      ((cosine_BHT.to(at::kCPU) + 1) * (kBins / 2.0)).to(at::kLong).clamp(0, kBins - 1);
  const at::Tensor flat = (bin + at::arange(H).view({1, H, 1}) * kBins).flatten();
  return at::bincount(flat, {}, H * kBins).view({H, kBins});
}

// ||o_h W_O^h|| computed with W^T W, [K,K] per head, so that no [B,T,C] tensor per head is needed.
at::Tensor contribution_HN(const at::Tensor& out_BHTK, const at::Tensor& weight_CC) {
  const int64_t H = out_BHTK.size(1);
  const at::Tensor weight_HCK =
      weight_CC.detach().to(at::kFloat).view({weight_CC.size(0), H, -1}).transpose(0, 1);
  const at::Tensor gram_HKK = at::bmm(weight_HCK.transpose(1, 2), weight_HCK);
  const at::Tensor rows = by_head(out_BHTK);
  return (at::bmm(rows, gram_HKK) * rows).sum(-1).clamp_min(0).sqrt();
}

at::Tensor first_write_BHT(const attention::HeadIn& in, const attention::HeadOut& out,
                           const attention::HeadMixer& mixer) {
  attention::HeadIn without = in;
  without.v_BJTK = in.v_BJTK.clone();
  without.v_BJTK.select(2, 0).zero_();
  const at::Tensor written = out.out_BHTK - mixer.mix(without).out_BHTK;
  return length(later(written)) / length(later(out.out_BHTK)).clamp_min(kTiny);
}

}  // namespace

HeadGeometry::HeadGeometry(int64_t layers, int64_t heads)
    : heads_(heads), layers_(static_cast<size_t>(layers)) {
  for (Sums& s : layers_) {
    for (at::Tensor* sum : {&s.write_H, &s.contribution_H, &s.query_H, &s.key_H})
      *sum = at::zeros({heads}, at::kDouble);
    for (at::Tensor* bins : {&s.query_HB, &s.key_HB}) *bins = at::zeros({heads, kBins}, at::kLong);
  }
}

void HeadGeometry::add(int64_t layer, const attention::HeadIn& in, const attention::HeadOut& out,
                       const attention::HeadMixer& mixer, const at::Tensor& out_weight_CC) {
  const at::NoGradGuard no_grad;
  Sums& s = layers_.at(static_cast<size_t>(layer));
  const at::Tensor q = later(in.q_BHTK), o = later(out.out_BHTK);
  const at::Tensor k = for_query_heads(in.k_BJTK.to(at::kFloat), heads_);
  const at::Tensor first = k.narrow(2, 0, 1), others = later(k);
  auto cosine = [&](const at::Tensor& x) {
    return (x * first).sum(-1) / (length(x) * length(first)).clamp_min(kTiny);
  };
  const at::Tensor query = cosine(q), key = cosine(others);
  s.query_H += sum_H(query);
  s.key_H += sum_H(key);
  s.query_HB += histogram_HB(query);
  s.key_HB += histogram_HB(key);
  s.write_H += sum_H(first_write_BHT(in, out, mixer));
  s.contribution_H += contribution_HN(o, out_weight_CC).sum(1, false, at::kDouble).to(at::kCPU);
  s.count += static_cast<double>(q.size(0) * q.size(2));
  const at::Tensor out_moment = moment_HKK(o), key_moment = moment_HKK(others);
  s.out_HKK = s.out_HKK.defined() ? s.out_HKK + out_moment : out_moment;
  s.key_HKK = s.key_HKK.defined() ? s.key_HKK + key_moment : key_moment;
}

at::Tensor HeadGeometry::per_token_LH(at::Tensor Sums::* sum) const {
  std::vector<at::Tensor> rows;
  for (const Sums& s : layers_) rows.push_back(s.*sum / s.count);
  return at::stack(rows);
}

at::Tensor HeadGeometry::first_write_LH() const { return per_token_LH(&Sums::write_H); }
at::Tensor HeadGeometry::contribution_LH() const { return per_token_LH(&Sums::contribution_H); }
at::Tensor HeadGeometry::cos_query_first_LH() const { return per_token_LH(&Sums::query_H); }
at::Tensor HeadGeometry::cos_key_first_LH() const { return per_token_LH(&Sums::key_H); }

at::Tensor HeadGeometry::out_rank_LH() const {
  std::vector<at::Tensor> rows;
  for (const Sums& s : layers_) rows.push_back(effective_rank(s.out_HKK));
  return at::stack(rows);
}

at::Tensor HeadGeometry::key_rank_LH() const {
  std::vector<at::Tensor> rows;
  for (const Sums& s : layers_) rows.push_back(effective_rank(s.key_HKK));
  return at::stack(rows);
}

std::vector<HistogramRow> HeadGeometry::histograms(int64_t step) const {
  std::vector<HistogramRow> rows;
  for (size_t l = 0; l < layers_.size(); ++l)
    for (int64_t h = 0; h < heads_; ++h)
      for (const auto& [name, bins_HB] : {std::pair("head/cos_query_first", layers_[l].query_HB),
                                          std::pair("head/cos_key_first", layers_[l].key_HB)}) {
        const int64_t* counts = bins_HB[h].data_ptr<int64_t>();
        rows.push_back({name, step, static_cast<int>(l), static_cast<int>(h), -1, 1,
                        std::vector<int64_t>(counts, counts + kBins)});
      }
  return rows;
}

}  // namespace sinkmoe::metrics
