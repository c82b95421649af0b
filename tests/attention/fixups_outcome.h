// What the SDPA fix-ups make of one input, part by part: for comparing backends.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "attention/attention_case.h"
#include "attention/sdpa/sdpa_fixups.h"

namespace sinkmoe::attention {

using fixups::SdpaFixups;

inline at::Tensor rest(const at::Tensor& x) { return x.slice(2, 1); }

// In fp64: bf16 rows keep their digits here.
inline at::Tensor rowsum(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble) * b.to(at::kDouble)).sum(-1);
}

struct Outcome {
  std::vector<std::pair<const char*, at::Tensor>> parts;
};

inline Outcome first_key_fixups(const SdpaFixups::Kernels& p, const Inputs& in) {
  sdpa::Forward fwd;
  if (in.q.size(2) > 1) fwd = sdpa::forward(rest(in.q), rest(in.k), rest(in.v), in.scale);
  const fixups::Merged m = p.merge(in.q, in.k, in.v, fwd, in.scale);
  const fixups::MergeEdit edit = p.edit_merge(in.d_out, in.d_gate, in.q, in.v, fwd.out_BHTK,
                                              m.gate_BHT, m.first_BHT, in.scale);
  Outcome o{{{"out", m.out_BHTK}, {"gate", m.gate_BHT}, {"first", m.first_BHT}}};
  // Stand for what the backward pass of the op returns: any three tensors that differ everywhere.
  sdpa::Gradients from_op;
  if (in.q.size(2) > 1)
    from_op = {.q_BHTK = rest(in.q).clone(), .k_BJTK = rest(in.k) * 2, .v_BJTK = rest(in.v) * 3};
  const sdpa::Gradients g = p.finish_merge(edit, from_op, in.q, in.k);
  o.parts.insert(o.parts.end(), {{"d_q", g.q_BHTK}, {"d_k", g.k_BJTK}, {"d_v", g.v_BJTK}});
  if (in.q.size(2) > 1)
    o.parts.insert(o.parts.end(), {{"lse", m.lse_rest_BHT},
                                   {"d_logit", edit.d_logit_BHT},
                                   {"D", rowsum(edit.d_out_BHTK, edit.out_BHTK)}});
  return o;
}

inline Outcome sink_fixups(const SdpaFixups::Kernels& p, const Inputs& in) {
  at::Tensor out = in.v.repeat_interleave(in.q.size(1) / in.v.size(1), 1);
  const fixups::Rescaled r = p.rescale(out, in.d_gate, in.sink);
  const fixups::SinkEdit edit = p.edit_sink(in.d_out, in.d_gate, out, r.gate_BHT, r.sink_BHT);
  return {{{"out", out},
           {"gate", r.gate_BHT},
           {"sink", r.sink_BHT},
           {"lse", r.lse_BHT},
           {"d_sink", edit.d_sink_H},
           {"D", rowsum(edit.d_out_BHTK, edit.out_BHTK)}}};
}

inline void expect_equal(const Outcome& a, const Outcome& b, double bound = 1e-13,
                         double statistics_bound = 1e-13) {
  ASSERT_EQ(a.parts.size(), b.parts.size());
  for (size_t i = 0; i < a.parts.size(); ++i) {
    const auto& [name, value] = a.parts[i];
    // Parts in the type of the inputs are rounded to it; the others are statistics.
    const bool rounded = value.dim() == 4 || std::string(name) == "D";
    EXPECT_LE(error(value, b.parts[i].second), rounded ? bound : statistics_bound) << name;
  }
}

}  // namespace sinkmoe::attention
