// The fused loops and the plain ATen version of the passes are one and the same function.
#include "attention/passes.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "attention/attention_case.h"

namespace sinkmoe::testing {
namespace {

using passes::Passes;

at::Tensor rest(const at::Tensor& x) { return x.slice(2, 1); }

struct Outcome {
  std::vector<std::pair<const char*, at::Tensor>> parts;
};

Outcome vanilla_passes(const Passes& p, const Inputs& in) {
  kernels::Forward fwd;
  if (in.q.size(2) > 1) fwd = kernels::forward(rest(in.q), rest(in.k), rest(in.v), in.scale);
  const passes::Merged m = p.merge(in.q, in.k, in.v, fwd, in.scale);
  const passes::MergeEdit edit = p.edit_merge(in.d_out, in.d_gate, in.q, in.v, fwd.out_BHTK,
                                              m.gate_BHT, m.first_BHT, in.scale);
  Outcome o{{{"out", m.out_BHTK},
             {"gate", m.gate_BHT},
             {"first", m.first_BHT},
             {"d_k0", edit.d_k0_BJK},
             {"d_v0", edit.d_v0_BJK}}};
  if (in.q.size(2) == 1) return o;
  const kernels::Gradients ones{.q_BHTK = at::ones_like(rest(in.q)),
                                .k_BJTK = at::ones_like(rest(in.k)),
                                .v_BJTK = at::ones_like(rest(in.v))};
  const kernels::Gradients g = p.finish_merge(edit, ones, in.q, in.k);
  o.parts.insert(o.parts.end(), {{"lse", m.lse_rest_BHT},
                                 {"d_logit", edit.d_logit_BHT},
                                 {"D", (edit.d_out_BHTK * edit.out_BHTK).sum(-1)},
                                 {"d_q", g.q_BHTK},
                                 {"d_k", g.k_BJTK},
                                 {"d_v", g.v_BJTK}});
  return o;
}

Outcome sink_passes(const Passes& p, const Inputs& in) {
  at::Tensor out = in.v.repeat_interleave(in.q.size(1) / in.v.size(1), 1);
  const passes::Rescaled r = p.rescale(out, in.d_gate, in.sink);
  const passes::SinkEdit edit = p.edit_sink(in.d_out, in.d_gate, out, r.gate_BHT, r.sink_BHT);
  return {{{"out", out},
           {"gate", r.gate_BHT},
           {"sink", r.sink_BHT},
           {"lse", r.lse_BHT},
           {"d_sink", edit.d_sink_H},
           {"D", (edit.d_out_BHTK * edit.out_BHTK).sum(-1)}}};
}

void expect_equal(const Outcome& a, const Outcome& b) {
  ASSERT_EQ(a.parts.size(), b.parts.size());
  for (size_t i = 0; i < a.parts.size(); ++i)
    EXPECT_LE(error(a.parts[i].second, b.parts[i].second), 1e-13) << a.parts[i].first;
}

TEST(Passes, FusedAndPlainAgree) {
  for (const int64_t T : {1, 2, 70}) {
    Inputs in = make_inputs({.H = 4, .J = 2, .T = T, .K = 24, .mode = SinkMode::logit});
    in.d_out.select(2, T / 2).zero_();
    expect_equal(vanilla_passes(passes::cpu(at::kDouble), in), vanilla_passes(passes::plain(), in));
    expect_equal(sink_passes(passes::cpu(at::kDouble), in), sink_passes(passes::plain(), in));
  }
}

// The plain version serves bf16; the stock CPU op accumulates gradients in bf16, so the bound is
// wide.
TEST(Passes, PlainVersionServesBfloat16) {
  for (const SinkMode mode : {SinkMode::first_key, SinkMode::logit}) {
    const Inputs in = make_inputs({.T = 33, .K = 32, .mode = mode});
    const Result reference = run(explicit_attention, in, mode, Loss::both, at::kDouble);
    expect_close(run(softmax_attention, in, mode, Loss::both, at::kBFloat16), reference, 2e-2,
                 "bf16");
  }
}

}  // namespace
}  // namespace sinkmoe::testing
