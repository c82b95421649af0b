// The passes as fused loops over CPU tensors, fp32 and fp64.
#include <ATen/ATen.h>

#include <atomic>
#include <vector>

#include "attention/loops.h"
#include "attention/on_tensors.h"
#include "attention/passes.h"

namespace sinkmoe::passes {
namespace {

using namespace on_tensors;

// A copy of d_out in which every empty row has its stand-in.
template <class T>
at::Tensor with_stand_ins(const at::Tensor& d_out) {
  const at::Tensor copy = d_out.transpose(1, 2).clone(at::MemoryFormat::Contiguous);
  const int64_t K = copy.size(-1), rows = copy.numel() / K;
  T* data = copy.data_ptr<T>();
  for (int64_t r = 0; r < rows; ++r) {
    bool empty = true;
    for (int64_t c = 0; c < K; ++c)
      empty = empty && std::abs(data[r * K + c]) < static_cast<T>(kEmptyRow);
    if (empty) data[r * K] = static_cast<T>(kEmptyRow);
  }
  return copy.transpose(1, 2);
}

template <class T>
Merged merge(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, const Forward& rest,
             double scale) {
  const Sizes n = sizes(q, k);
  Merged m{.out_BHTK = empty_BHTK(n, n.H, n.T, q),
           .gate_BHT = empty_BHT(n, n.T, q),
           .first_BHT = empty_BHT(n, n.T, q),
           .lse_rest_BHT = empty_BHT(n, n.T - 1, q)};
  const loops::Merge<T> a{.n = n,
                          .scale = scale,
                          .q = in<T>(q),
                          .k = in<T>(k),
                          .v = in<T>(v),
                          .rest_out = in<T>(rest.out_BHTK),
                          .rest_lse = in<T>(rest.lse_BHT),
                          .out = into<T>(m.out_BHTK),
                          .gate = into<T>(m.gate_BHT),
                          .first = into<T>(m.first_BHT),
                          .lse = into<T>(m.lse_rest_BHT)};
  for_each_head(n, [&](int64_t b, int64_t j) { loops::merge(a, b, j); });
  return m;
}

template <class T>
MergeEdit edit_merge(const at::Tensor& d_out, const at::Tensor& d_gate, const at::Tensor& q,
                     const at::Tensor& v, const at::Tensor& rest_out, const at::Tensor& gate,
                     const at::Tensor& first, double scale) {
  const Sizes n = sizes(q, v);
  MergeEdit edit{.d_out_BHTK = d_out.slice(2, 1),
                 .out_BHTK = empty_BHTK(n, n.H, n.T - 1, q),
                 .d_logit_BHT = empty_BHT(n, n.T - 1, q),
                 .d_k0_BJK = at::empty({n.B, n.J, n.K}, q.options()),
                 .d_v0_BJK = at::empty({n.B, n.J, n.K}, q.options())};
  const loops::EditMerge<T> a{.n = n,
                              .scale = scale,
                              .d_out = in<T>(d_out),
                              .d_gate = in<T>(d_gate),
                              .q = in<T>(q),
                              .v = in<T>(v),
                              .rest_out = in<T>(rest_out),
                              .gate = in<T>(gate),
                              .first = in<T>(first),
                              .edit = into<T>(edit.out_BHTK),
                              .d_logit = into<T>(edit.d_logit_BHT),
                              .d_k0 = into<T>(edit.d_k0_BJK),
                              .d_v0 = into<T>(edit.d_v0_BJK)};
  std::atomic<bool> stand_in = false;
  for_each_head(n, [&](int64_t b, int64_t j) {
    if (loops::edit_merge(a, b, j)) stand_in = true;
  });
  if (stand_in) edit.d_out_BHTK = with_stand_ins<T>(edit.d_out_BHTK);
  return edit;
}

template <class T>
Gradients finish_merge(const MergeEdit& edit, const Gradients& rest, const at::Tensor& q,
                       const at::Tensor& k) {
  const Sizes n = sizes(q, k);
  Gradients g{.q_BHTK = empty_BHTK(n, n.H, n.T, q),
              .k_BJTK = empty_BHTK(n, n.J, n.T, q),
              .v_BJTK = empty_BHTK(n, n.J, n.T, q)};
  const loops::FinishMerge<T> a{.n = n,
                                .d_logit = in<T>(edit.d_logit_BHT),
                                .d_k0 = in<T>(edit.d_k0_BJK),
                                .d_v0 = in<T>(edit.d_v0_BJK),
                                .k = in<T>(k),
                                .rest_dq = in<T>(rest.q_BHTK),
                                .rest_dk = in<T>(rest.k_BJTK),
                                .rest_dv = in<T>(rest.v_BJTK),
                                .dq = into<T>(g.q_BHTK),
                                .dk = into<T>(g.k_BJTK),
                                .dv = into<T>(g.v_BJTK)};
  for_each_head(n, [&](int64_t b, int64_t j) { loops::finish_merge(a, b, j); });
  return g;
}

template <class T>
Rescaled rescale(at::Tensor& out, const at::Tensor& lse, const at::Tensor& sink_H) {
  const Sizes n = sizes(out, out);
  Rescaled r{.gate_BHT = empty_BHT(n, n.T, out),
             .sink_BHT = empty_BHT(n, n.T, out),
             .lse_BHT = empty_BHT(n, n.T, out)};
  const at::Tensor sink = sink_H.to(out.scalar_type()).contiguous();
  const loops::Rescale<T> a{.n = n,
                            .sink = sink.const_data_ptr<T>(),
                            .lse_keys = in<T>(lse),
                            .out = into<T>(out),
                            .gate = into<T>(r.gate_BHT),
                            .weight = into<T>(r.sink_BHT),
                            .lse = into<T>(r.lse_BHT)};
  for_each_block(
      n, [&](int64_t, int64_t b, int64_t from, int64_t to) { loops::rescale(a, b, from, to); });
  return r;
}

template <class T>
SinkEdit edit_sink(const at::Tensor& d_out, const at::Tensor& d_gate, const at::Tensor& out,
                   const at::Tensor& gate, const at::Tensor& sink_BHT) {
  const Sizes n = sizes(out, out);
  SinkEdit edit{.d_out_BHTK = d_out, .out_BHTK = empty_BHTK(n, n.H, n.T, out), .d_sink_H = {}};
  const loops::EditSink<T> a{.n = n,
                             .d_out = in<T>(d_out),
                             .d_gate = in<T>(d_gate),
                             .out = in<T>(out),
                             .gate = in<T>(gate),
                             .weight = in<T>(sink_BHT),
                             .edit = into<T>(edit.out_BHTK)};
  std::vector<double> partial(static_cast<size_t>(blocks(n) * n.H), 0.0);
  std::atomic<bool> stand_in = false;
  for_each_block(n, [&](int64_t block, int64_t b, int64_t from, int64_t to) {
    if (loops::edit_sink(a, b, from, to, &partial[static_cast<size_t>(block * n.H)]))
      stand_in = true;
  });
  if (stand_in) edit.d_out_BHTK = with_stand_ins<T>(d_out);
  edit.d_sink_H = at::zeros({n.H}, out.options());
  for (int64_t h = 0; h < n.H; ++h) {
    double sum = 0;
    for (int64_t block = 0; block < blocks(n); ++block)
      sum += partial[static_cast<size_t>(block * n.H + h)];
    edit.d_sink_H.data_ptr<T>()[h] = static_cast<T>(sum);
  }
  return edit;
}

template <class T>
constexpr Passes kTable{.merge = merge<T>,
                        .edit_merge = edit_merge<T>,
                        .finish_merge = finish_merge<T>,
                        .rescale = rescale<T>,
                        .edit_sink = edit_sink<T>};

}  // namespace

const Passes& cpu(at::ScalarType type) {
  return type == at::kDouble ? kTable<double> : kTable<float>;
}

}  // namespace sinkmoe::passes
