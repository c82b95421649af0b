#include "attention/sdpa/sdpa_attention.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include "attention/sdpa/sdpa_fixups.h"
#include "attention/sdpa/sdpa_ops.h"
#include "attention/unit_stride.h"
#include "tensor/second_derivative.h"
#include "tensor/wide_type.h"

namespace sinkmoe::attention {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::Variable;
using torch::autograd::variable_list;

const tensor::Backend<fixups::SdpaFixups> on_any{tensor::kPlain, fixups::plain_fixups()};

at::Tensor after_first(const at::Tensor& x) { return x.slice(2, 1); }

// The gradient of one output; zeros if that output was not used.
at::Tensor or_zeros(const at::Tensor& gradient, const at::Tensor& output) {
  return gradient.defined() ? gradient : at::zeros_like(output);
}

sdpa::SdpaOp saved_op(AutogradContext* ctx) {
  return static_cast<sdpa::SdpaOp>(ctx->saved_data["op"].toInt());
}

// Vanilla by the merge route. The kernel never sees key 0, so a small gate cancels nothing.
struct MergeAttention : Function<MergeAttention> {
  static variable_list forward(AutogradContext* ctx, const Variable& q, const Variable& k,
                               const Variable& v, double scale) {
    // No view tracking: the outputs are transposed views of new memory.
    const at::AutoDispatchBelowADInplaceOrView guard;
    sdpa::Forward rest;
    if (q.size(2) > 1) rest = sdpa::forward(after_first(q), after_first(k), after_first(v), scale);
    fixups::Merged m = fixups::fixups_for(q).merge(q, k, v, rest, scale);
    ctx->set_materialize_grads(false);
    ctx->saved_data["scale"] = scale;
    ctx->saved_data["op"] = static_cast<int64_t>(rest.op);
    ctx->save_for_backward({q, k, v, m.gate_BHT, m.first_BHT, m.lse_rest_BHT, rest.out_BHTK,
                            rest.rng_seed, rest.rng_offset});
    return {m.out_BHTK, m.gate_BHT};
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    tensor::refuse_second_derivative("softmax_attention");
    const at::AutoDispatchBelowADInplaceOrView guard;
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2];
    const at::Tensor &gate = saved[3], &first = saved[4], &lse_rest = saved[5],
                     &rest_out = saved[6];
    const double scale = ctx->saved_data["scale"].toDouble();
    const fixups::SdpaFixups::Kernels& around = fixups::fixups_for(q);
    const fixups::MergeEdit edit =
        around.edit_merge(with_unit_stride(or_zeros(grads[0], q)), or_zeros(grads[1], gate), q, v,
                          rest_out, gate, first, scale);
    sdpa::Gradients rest;
    if (q.size(2) > 1)
      rest = sdpa::backward(edit.d_out_BHTK, after_first(q), after_first(k), after_first(v),
                            {.out_BHTK = edit.out_BHTK,
                             .lse_BHT = lse_rest,
                             .rng_seed = saved[7],
                             .rng_offset = saved[8],
                             .op = saved_op(ctx)},
                            scale);
    const sdpa::Gradients g = around.finish_merge(edit, rest, q, k);
    return {g.q_BHTK, g.k_BJTK, g.v_BJTK, {}};
  }
};

struct SinkAttention : Function<SinkAttention> {
  static variable_list forward(AutogradContext* ctx, const Variable& q, const Variable& k,
                               const Variable& v, const Variable& sink, double scale) {
    const at::AutoDispatchBelowADInplaceOrView guard;
    sdpa::Forward fwd = sdpa::forward(q, k, v, scale);
    const fixups::Rescaled r = fixups::fixups_for(q).rescale(fwd.out_BHTK, fwd.lse_BHT, sink);
    ctx->set_materialize_grads(false);
    ctx->saved_data["scale"] = scale;
    ctx->saved_data["op"] = static_cast<int64_t>(fwd.op);
    ctx->save_for_backward({q, k, v, sink, fwd.out_BHTK, r.gate_BHT, r.sink_BHT, r.lse_BHT,
                            fwd.rng_seed, fwd.rng_offset});
    return {fwd.out_BHTK, r.gate_BHT};
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    tensor::refuse_second_derivative("softmax_attention");
    const at::AutoDispatchBelowADInplaceOrView guard;
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2], &out = saved[4];
    const fixups::SinkEdit edit =
        fixups::fixups_for(q).edit_sink(with_unit_stride(or_zeros(grads[0], out)),
                                        or_zeros(grads[1], saved[5]), out, saved[5], saved[6]);
    const sdpa::Gradients g = sdpa::backward(edit.d_out_BHTK, q, k, v,
                                             {.out_BHTK = edit.out_BHTK,
                                              .lse_BHT = saved[7],
                                              .rng_seed = saved[8],
                                              .rng_offset = saved[9],
                                              .op = saved_op(ctx)},
                                             ctx->saved_data["scale"].toDouble());
    return {g.q_BHTK, g.k_BJTK, g.v_BJTK, edit.d_sink_H.to(saved[3].scalar_type()), {}};
  }
};

}  // namespace

AttentionOut sdpa_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            double scale, SinkMode mode, const at::Tensor& sink_H) {
  if (mode == SinkMode::none) {
    return {.out_BHTK = sdpa::plain(q, k, v, scale),
            .gate_BHT = at::ones({q.size(0), q.size(1), q.size(2)},
                                 q.options().dtype(tensor::wide_type(q)))};
  }
  const variable_list out = mode == SinkMode::first_key
                                ? MergeAttention::apply(q, k, v, scale)
                                : SinkAttention::apply(q, k, v, sink_H, scale);
  return {.out_BHTK = out[0], .gate_BHT = out[1]};
}

}  // namespace sinkmoe::attention
