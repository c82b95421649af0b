// The fix-ups in plain ATen ops: any device, any floating type; statistics in fp32 or better.
#include <ATen/ATen.h>

#include "attention/sdpa/sdpa_fixups.h"
#include "tensor/wide_type.h"

namespace sinkmoe::attention::fixups {
namespace {

// An empty tensor of shape [B,H,T,K] in memory order B,T,H,K.
at::Tensor empty_BHTK(const at::Tensor& like, int64_t T) {
  return at::empty({like.size(0), T, like.size(1), like.size(3)}, like.options()).transpose(1, 2);
}

at::Tensor rows_after_first(const at::Tensor& x) { return x.slice(2, 1); }

// Key/value head of each query head: [B,J,...] -> [B,H,...].
at::Tensor repeat_heads(const at::Tensor& x, int64_t H) {
  return x.size(1) == H ? x : x.repeat_interleave(H / x.size(1), 1);
}

at::Tensor sum_groups(const at::Tensor& x_BHK, int64_t J) {
  return x_BHK.view({x_BHK.size(0), J, x_BHK.size(1) / J, x_BHK.size(2)}).sum(2);
}

struct Edit {
  at::Tensor d_out, out;
};

// d_out and out with rowsum(d_out * out) = D.
Edit edit_rows(const at::Tensor& d_out, const at::Tensor& D, at::ScalarType dtype) {
  const at::Tensor largest = d_out.abs().amax(-1, true);
  const at::Tensor empty = largest < kEmptyRow;
  at::Tensor unit = at::zeros_like(d_out);
  unit.select(-1, 0).fill_(1);
  // Scaled by the largest entry, so that squares do not underflow.
  unit = at::where(empty, unit, d_out / largest);
  const at::Tensor size = at::where(empty, at::full_like(largest, kEmptyRow), largest);
  const at::Tensor out = unit * (D.unsqueeze(-1) / size / (unit * unit).sum(-1, true));
  return {.d_out = at::where(empty, unit * kEmptyRow, d_out).to(dtype), .out = out.to(dtype)};
}

Merged merge(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Forward& rest,
             double scale) {
  const int64_t B = q.size(0), H = q.size(1), T = q.size(2);
  const at::ScalarType stat = tensor::wide_type(q);
  Merged m;
  m.out_BHTK = empty_BHTK(q, T);
  m.gate_BHT = at::zeros({B, H, T}, q.options().dtype(stat));
  m.first_BHT = at::ones({B, H, T}, q.options().dtype(stat));
  const at::Tensor v0 = repeat_heads(v.slice(2, 0, 1), H);
  m.out_BHTK.slice(2, 0, 1).copy_(v0);
  if (T == 1) return m;
  const at::Tensor k0 = repeat_heads(k.slice(2, 0, 1), H).to(stat);
  const at::Tensor s0 = (rows_after_first(q).to(stat) * k0).sum(-1) * scale;
  const at::Tensor lse = rest.lse_BHT.to(stat);
  const at::Tensor gate = at::sigmoid(lse - s0), first = at::sigmoid(s0 - lse);
  rows_after_first(m.gate_BHT).copy_(gate);
  rows_after_first(m.first_BHT).copy_(first);
  m.lse_rest_BHT = at::logaddexp(lse, s0);
  rows_after_first(m.out_BHTK)
      .copy_(gate.unsqueeze(-1) * rest.out_BHTK.to(stat) + first.unsqueeze(-1) * v0.to(stat));
  return m;
}

MergeEdit edit_merge(const at::Tensor& d_out, const at::Tensor& d_gate, const at::Tensor& q,
                     const at::Tensor& v, const at::Tensor& rest_out, const at::Tensor& gate,
                     const at::Tensor& first, double scale) {
  const int64_t H = q.size(1), J = v.size(1);
  const at::ScalarType stat = tensor::wide_type(q);
  const at::Tensor d = d_out.to(stat);
  MergeEdit edit;
  edit.d_v0_BJK = sum_groups((first.unsqueeze(-1) * d).sum(2), J).to(q.scalar_type());
  if (q.size(2) == 1) {
    edit.d_k0_BJK = at::zeros_like(edit.d_v0_BJK);
    return edit;
  }
  const at::Tensor d_rest = rows_after_first(d), dG = rows_after_first(d_gate.to(stat));
  const at::Tensor G = rows_after_first(gate), A = rows_after_first(first);
  const at::Tensor a = (d_rest * repeat_heads(v.slice(2, 0, 1), H)).sum(-1);
  const at::Tensor b = (d_rest * rest_out).sum(-1);
  const at::Tensor d_logit = A * G * (a - b - dG);
  Edit rows = edit_rows(d_rest, G * b + A * (a - dG), q.scalar_type());
  edit.d_out_BHTK = std::move(rows.d_out);
  edit.out_BHTK = std::move(rows.out);
  edit.d_logit_BHT = d_logit * scale;
  edit.d_k0_BJK = sum_groups((edit.d_logit_BHT.unsqueeze(-1) * rows_after_first(q)).sum(2), J)
                      .to(q.scalar_type());
  return edit;
}

Gradients finish_merge(const MergeEdit& edit, const Gradients& rest, const at::Tensor& q,
                       const at::Tensor& k) {
  const int64_t T = q.size(2);
  Gradients g{.q_BHTK = empty_BHTK(q, T), .k_BJTK = empty_BHTK(k, T), .v_BJTK = empty_BHTK(k, T)};
  g.q_BHTK.select(2, 0).zero_();
  g.k_BJTK.select(2, 0).copy_(edit.d_k0_BJK);
  g.v_BJTK.select(2, 0).copy_(edit.d_v0_BJK);
  if (T == 1) return g;
  const at::Tensor k0 = repeat_heads(k.slice(2, 0, 1), q.size(1));
  rows_after_first(g.q_BHTK).copy_(rest.q_BHTK + edit.d_logit_BHT.unsqueeze(-1) * k0);
  rows_after_first(g.k_BJTK).copy_(rest.k_BJTK);
  rows_after_first(g.v_BJTK).copy_(rest.v_BJTK);
  return g;
}

Rescaled rescale(at::Tensor& out, const at::Tensor& lse, const at::Tensor& sink_H) {
  const at::Tensor s = sink_H.to(lse.scalar_type()).view({1, -1, 1});
  const at::Tensor gate = at::sigmoid(lse - s);
  out.copy_(out * gate.unsqueeze(-1));
  return {.gate_BHT = gate, .sink_BHT = at::sigmoid(s - lse), .lse_BHT = at::logaddexp(lse, s)};
}

SinkEdit edit_sink(const at::Tensor& d_out, const at::Tensor& d_gate, const at::Tensor& out,
                   const at::Tensor& gate, const at::Tensor& sink_BHT) {
  const at::ScalarType stat = tensor::wide_type(out);
  const at::Tensor d = d_out.to(stat), dG = d_gate.to(stat);
  const at::Tensor on_out = (d * out).sum(-1), D = on_out - sink_BHT * dG;
  Edit rows = edit_rows(d, D, out.scalar_type());
  return {.d_out_BHTK = std::move(rows.d_out),
          .out_BHTK = std::move(rows.out),
          .d_sink_H = -(sink_BHT * (gate * dG + on_out)).sum(at::IntArrayRef{0, 2})};
}

}  // namespace

SdpaFixups::Kernels plain_fixups() {
  return {.merge = merge,
          .edit_merge = edit_merge,
          .finish_merge = finish_merge,
          .rescale = rescale,
          .edit_sink = edit_sink};
}

}  // namespace sinkmoe::attention::fixups
