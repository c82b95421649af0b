#include "attention/cpu/tile_attention.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

#include "attention/cpu/on_tensors.h"
#include "attention/kernels/tiles.h"
#include "attention/unit_stride.h"
#include "tensor/second_derivative.h"

namespace sinkmoe::attention {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::Variable;
using torch::autograd::variable_list;
using namespace on_tensors;

// Calls f(b, j, scratch) for every batch row and key/value head. Each thread has its own scratch.
template <class T, class F>
void with_scratch(const Sizes& n, const at::Tensor& like, bool backward, const F& f) {
  at::parallel_for(0, n.B * n.J, 1, [&](int64_t from, int64_t to) {
    const at::Tensor scratch = at::empty({kernel::scratch_size(n, backward)}, like.options());
    for (int64_t task = from; task < to; ++task) f(task / n.J, task % n.J, scratch.data_ptr<T>());
  });
}

// What the backward pass needs in addition to the inputs; out is for the caller only.
struct Saved {
  at::Tensor out_BHTK, gate_BHT, top_BHT, inverse_BHT;
};

template <class T>
Saved forward(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale,
              SinkMode mode, const at::Tensor& sink) {
  const Sizes n = sizes(q, k);
  Saved s{.out_BHTK = empty_BHTK(n, n.H, n.T, q),
          .gate_BHT = mode == SinkMode::none ? at::Tensor() : empty_BHT(n, n.T, q),
          .top_BHT = empty_BHT(n, n.T, q),
          .inverse_BHT = empty_BHT(n, n.T, q)};
  const kernel::AttentionForward<T> a{.n = n,
                                      .mode = mode,
                                      .scale = scale,
                                      .q = in<T>(q),
                                      .k = in<T>(k),
                                      .v = in<T>(v),
                                      .sink = sink.defined() ? sink.const_data_ptr<T>() : nullptr,
                                      .out = into<T>(s.out_BHTK),
                                      .gate = into<T>(s.gate_BHT),
                                      .top = into<T>(s.top_BHT),
                                      .inverse = into<T>(s.inverse_BHT)};
  with_scratch<T>(n, q, false, [&](int64_t b, int64_t j, T* scratch) {
    kernel::attention_forward(a, b, j, scratch);
  });
  return s;
}

template <class T>
at::Tensor sum_over_rows(const std::vector<double>& d_sink_BH, const Sizes& n,
                         const at::Tensor& q) {
  const at::Tensor sum_H = at::empty({n.H}, q.options());
  for (int64_t h = 0; h < n.H; ++h) {
    double sum = 0;
    for (int64_t b = 0; b < n.B; ++b) sum += d_sink_BH[static_cast<size_t>(b * n.H + h)];
    sum_H.data_ptr<T>()[h] = static_cast<T>(sum);
  }
  return sum_H;
}

// Gradients of q, k, v and of the sink logits (undefined if there are none).
template <class T>
variable_list backward(const at::Tensor& d_out, const at::Tensor& d_gate,
                       const variable_list& saved, double scale, SinkMode mode,
                       const at::Tensor& sink) {
  const at::Tensor &q = saved[0], &k = saved[1], &v = saved[2];
  const Sizes n = sizes(q, k);
  const at::Tensor all = at::empty({n.B, n.T, n.H + 2 * n.J, n.K}, q.options()).transpose(1, 2);
  const at::Tensor dq = all.narrow(1, 0, n.H), dk = all.narrow(1, n.H, n.J),
                   dv = all.narrow(1, n.H + n.J, n.J);
  std::vector<double> d_sink_BH(sink.defined() ? static_cast<size_t>(n.B * n.H) : 0);
  const kernel::AttentionBackward<T> a{.n = n,
                                       .mode = mode,
                                       .scale = scale,
                                       .q = in<T>(q),
                                       .k = in<T>(k),
                                       .v = in<T>(v),
                                       .d_out = in<T>(d_out),
                                       .d_gate = in<T>(d_gate),
                                       .gate = in<T>(saved[4]),
                                       .top = in<T>(saved[5]),
                                       .inverse = in<T>(saved[6]),
                                       .sink = sink.defined() ? sink.const_data_ptr<T>() : nullptr,
                                       .dq = into<T>(dq),
                                       .dk = into<T>(dk),
                                       .dv = into<T>(dv),
                                       .d_sink = d_sink_BH.data()};
  with_scratch<T>(n, q, true, [&](int64_t b, int64_t j, T* scratch) {
    kernel::attention_backward(a, b, j, scratch);
  });
  return {dq, dk, dv, sink.defined() ? sum_over_rows<T>(d_sink_BH, n, q) : at::Tensor()};
}

// If there is no sink, `sink` is q, because a custom function cannot take an undefined tensor.
struct TileAttention : Function<TileAttention> {
  static variable_list forward(AutogradContext* ctx, const Variable& q, const Variable& k,
                               const Variable& v, const Variable& sink, double scale,
                               int64_t mode_number) {
    // No view tracking: the outputs are transposed views of new memory.
    const at::AutoDispatchBelowADInplaceOrView guard;
    const auto mode = static_cast<SinkMode>(mode_number);
    const at::Tensor logits = logits_of(sink, q, mode);
    const Saved s =
        (q.scalar_type() == at::kDouble ? attention::forward<double>
                                        : attention::forward<float>)(q, k, v, scale, mode, logits);
    ctx->set_materialize_grads(false);
    ctx->saved_data["scale"] = scale;
    ctx->saved_data["mode"] = mode_number;
    ctx->save_for_backward({q, k, v, sink, s.gate_BHT, s.top_BHT, s.inverse_BHT});
    if (mode == SinkMode::none) return {s.out_BHTK};
    return {s.out_BHTK, s.gate_BHT};
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    tensor::refuse_second_derivative("softmax_attention");
    const at::AutoDispatchBelowADInplaceOrView guard;
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor& q = saved[0];
    const auto mode = static_cast<SinkMode>(ctx->saved_data["mode"].toInt());
    const at::Tensor d_out = grads[0].defined() ? with_unit_stride(grads[0]) : at::zeros_like(q);
    const at::Tensor d_gate = grads.size() > 1 ? grads[1] : at::Tensor();
    variable_list g = (q.scalar_type() == at::kDouble
                           ? attention::backward<double>
                           : attention::backward<float>)(d_out, d_gate, saved,
                                                         ctx->saved_data["scale"].toDouble(), mode,
                                                         logits_of(saved[3], q, mode));
    if (g[3].defined()) g[3] = g[3].to(saved[3].scalar_type());
    g.resize(6);
    return g;
  }

 private:
  static at::Tensor logits_of(const at::Tensor& sink, const at::Tensor& q, SinkMode mode) {
    return mode == SinkMode::logit ? sink.to(q.scalar_type()).contiguous() : at::Tensor();
  }
};

}  // namespace

AttentionOut tile_attention(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                            double scale, SinkMode mode, const at::Tensor& sink_H) {
  const variable_list out = TileAttention::apply(q, k, v, mode == SinkMode::logit ? sink_H : q,
                                                 scale, static_cast<int64_t>(mode));
  return {.out_BHTK = out[0],
          .gate_BHT = mode == SinkMode::none
                          ? at::ones({q.size(0), q.size(1), q.size(2)}, q.options())
                          : out[1]};
}

}  // namespace sinkmoe::attention
