// The fix-ups on CUDA tensors: passes sizes and pointers to row_kernels.cu. Tensors that its
// kernels cannot read (odd widths, unaligned rows) use the plain version.
#include <ATen/ATen.h>

#include "attention/cuda/row_kernels.h"
#include "attention/cuda/rows.h"
#include "attention/sdpa/sdpa_fixups.h"
#include "tensor/cuda/stream.h"

namespace sinkmoe::attention::fixups {
namespace {

using cuda::all_readable, cuda::Bf16, cuda::empty_BHT, cuda::empty_BHTK, cuda::fp32, cuda::readable,
    cuda::Rows, cuda::rows, cuda::single, cuda::Sizes, cuda::sizes;

template <class Arguments>
void launch(cudaError_t (*kernel)(const Arguments&, cudaStream_t), const Arguments& a,
            const at::Tensor& on) {
  cuda::call(kernel, a, on, "attention fix-up");
}

template <class E>
Merged merge_as(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Forward& rest,
                double scale) {
  const Sizes n = sizes(q, k);
  const at::Tensor lse = fp32(rest.lse_BHT);
  Merged m{.out_BHTK = empty_BHTK(n, n.H, n.T, q),
           .gate_BHT = empty_BHT(n, n.T, q),
           .first_BHT = empty_BHT(n, n.T, q),
           .lse_rest_BHT = empty_BHT(n, n.T - 1, q)};
  launch(cuda::merge<E>,
         {.n = n,
          .scale = static_cast<float>(scale),
          .q = rows<const E>(q),
          .k = rows<const E>(k),
          .v = rows<const E>(v),
          .rest_out = rows<const E>(rest.out_BHTK),
          .rest_lse = rows<const float>(lse),
          .out = rows<E>(m.out_BHTK),
          .gate = rows<float>(m.gate_BHT),
          .first = rows<float>(m.first_BHT),
          .lse = rows<float>(m.lse_rest_BHT)},
         q);
  return m;
}

// d_k0_BJK holds the parts of both sums until finish_merge adds them up; d_v0_BJK stays undefined.
template <class E>
MergeEdit edit_merge_as(const at::Tensor& d_out, const at::Tensor& d_gate, const at::Tensor& q,
                        const at::Tensor& v, const at::Tensor& rest_out, const at::Tensor& gate,
                        const at::Tensor& first, double scale) {
  const Sizes n = sizes(q, v);
  const at::Tensor d_gate32 = fp32(d_gate);
  MergeEdit edit{
      .d_out_BHTK = empty_BHTK(n, n.H, n.T - 1, q),
      .out_BHTK = empty_BHTK(n, n.H, n.T - 1, q),
      .d_logit_BHT = empty_BHT(n, n.T - 1, q),
      .d_k0_BJK = at::empty({n.B, n.J, cuda::chunks(n.T), 2, n.K}, q.options().dtype(at::kFloat)),
      .d_v0_BJK = {}};
  launch(cuda::edit_merge<E>,
         {.n = n,
          .scale = static_cast<float>(scale),
          .d_out = rows<const E>(d_out),
          .q = rows<const E>(q),
          .v = rows<const E>(v),
          .rest_out = rows<const E>(rest_out),
          .d_gate = rows<const float>(d_gate32),
          .gate = rows<const float>(gate),
          .first = rows<const float>(first),
          .edit = rows<E>(edit.out_BHTK),
          .d_out_copy = rows<E>(edit.d_out_BHTK),
          .d_logit = rows<float>(edit.d_logit_BHT),
          .partial = edit.d_k0_BJK.data_ptr<float>()},
         q);
  return edit;
}

template <class E>
Gradients finish_merge_as(const MergeEdit& edit, const Gradients& rest, const at::Tensor& q,
                          const at::Tensor& k) {
  const Sizes n = sizes(q, k);
  Gradients g{.q_BHTK = empty_BHTK(n, n.H, n.T, q),
              .k_BJTK = empty_BHTK(n, n.J, n.T, q),
              .v_BJTK = empty_BHTK(n, n.J, n.T, q)};
  launch(cuda::finish_merge<E>,
         {.n = n,
          .k = rows<const E>(k),
          .rest_dq = rows<const E>(rest.q_BHTK),
          .rest_dk = rows<const E>(rest.k_BJTK),
          .rest_dv = rows<const E>(rest.v_BJTK),
          .d_logit = rows<const float>(edit.d_logit_BHT),
          .partial = edit.d_k0_BJK.data_ptr<float>(),
          .dq = rows<E>(g.q_BHTK),
          .dk = rows<E>(g.k_BJTK),
          .dv = rows<E>(g.v_BJTK)},
         q);
  return g;
}

template <class E>
Rescaled rescale_as(at::Tensor& out, const at::Tensor& lse, const at::Tensor& sink_H) {
  const Sizes n = sizes(out, out);
  const at::Tensor sink = fp32(sink_H).contiguous(), lse32 = fp32(lse);
  Rescaled r{.gate_BHT = empty_BHT(n, n.T, out),
             .sink_BHT = empty_BHT(n, n.T, out),
             .lse_BHT = empty_BHT(n, n.T, out)};
  launch(cuda::rescale<E>,
         {.n = n,
          .sink = sink.const_data_ptr<float>(),
          .lse_keys = rows<const float>(lse32),
          .out = rows<E>(out),
          .gate = rows<float>(r.gate_BHT),
          .weight = rows<float>(r.sink_BHT),
          .lse = rows<float>(r.lse_BHT)},
         out);
  return r;
}

template <class E>
SinkEdit edit_sink_as(const at::Tensor& d_out, const at::Tensor& d_gate, const at::Tensor& out,
                      const at::Tensor& gate, const at::Tensor& sink_BHT) {
  const Sizes n = sizes(out, out);
  const at::Tensor d_gate32 = fp32(d_gate);
  const at::Tensor partial =
      at::empty({n.H, cuda::chunks(n.B * n.T)}, out.options().dtype(at::kFloat));
  SinkEdit edit{.d_out_BHTK = empty_BHTK(n, n.H, n.T, out),
                .out_BHTK = empty_BHTK(n, n.H, n.T, out),
                .d_sink_H = {}};
  launch(cuda::edit_sink<E>,
         {.n = n,
          .d_out = rows<const E>(d_out),
          .out = rows<const E>(out),
          .d_gate = rows<const float>(d_gate32),
          .gate = rows<const float>(gate),
          .weight = rows<const float>(sink_BHT),
          .edit = rows<E>(edit.out_BHTK),
          .d_out_copy = rows<E>(edit.d_out_BHTK),
          .partial = partial.data_ptr<float>()},
         out);
  edit.d_sink_H = partial.sum(1);
  return edit;
}

const SdpaFixups::Kernels& plain() { return tensor::plain_kernels<SdpaFixups>(); }

Merged merge(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Forward& rest,
             double scale) {
  if (!all_readable(q, k, v, rest.out_BHTK)) return plain().merge(q, k, v, rest, scale);
  return (single(q) ? merge_as<float> : merge_as<Bf16>)(q, k, v, rest, scale);
}

MergeEdit edit_merge(const at::Tensor& d_out, const at::Tensor& d_gate, const at::Tensor& q,
                     const at::Tensor& v, const at::Tensor& rest_out, const at::Tensor& gate,
                     const at::Tensor& first, double scale) {
  if (!all_readable(d_out, q, v, rest_out))
    return plain().edit_merge(d_out, d_gate, q, v, rest_out, gate, first, scale);
  return (single(q) ? edit_merge_as<float> : edit_merge_as<Bf16>)(d_out, d_gate, q, v, rest_out,
                                                                  gate, first, scale);
}

Gradients finish_merge(const MergeEdit& edit, const Gradients& rest, const at::Tensor& q,
                       const at::Tensor& k) {
  // Only the edit_merge of this file leaves d_v0 to be added up here.
  if (edit.d_v0_BJK.defined()) return plain().finish_merge(edit, rest, q, k);
  const auto usable = [](const at::Tensor& x) {
    return x.defined() && !readable(x) ? x.contiguous() : x;
  };
  const Gradients rows{
      .q_BHTK = usable(rest.q_BHTK), .k_BJTK = usable(rest.k_BJTK), .v_BJTK = usable(rest.v_BJTK)};
  return (single(q) ? finish_merge_as<float> : finish_merge_as<Bf16>)(edit, rows, q, usable(k));
}

Rescaled rescale(at::Tensor& out, const at::Tensor& lse, const at::Tensor& sink_H) {
  if (!readable(out)) return plain().rescale(out, lse, sink_H);
  return (single(out) ? rescale_as<float> : rescale_as<Bf16>)(out, lse, sink_H);
}

SinkEdit edit_sink(const at::Tensor& d_out, const at::Tensor& d_gate, const at::Tensor& out,
                   const at::Tensor& gate, const at::Tensor& sink_BHT) {
  if (!all_readable(d_out, out)) return plain().edit_sink(d_out, d_gate, out, gate, sink_BHT);
  return (single(out) ? edit_sink_as<float> : edit_sink_as<Bf16>)(d_out, d_gate, out, gate,
                                                                  sink_BHT);
}

const tensor::Backend<SdpaFixups> on_cuda{cuda::backend({at::kFloat, at::kBFloat16}),
                                          {.merge = merge,
                                           .edit_merge = edit_merge,
                                           .finish_merge = finish_merge,
                                           .rescale = rescale,
                                           .edit_sink = edit_sink}};

}  // namespace
}  // namespace sinkmoe::attention::fixups
