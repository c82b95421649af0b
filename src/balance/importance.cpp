#include "balance/importance.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <stdexcept>
#include <vector>

#include "balance/balance.h"
#include "tensor/second_derivative.h"

namespace sinkmoe::balance {
namespace {

using tensor::Backend;
using tensor::kernels;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// Adds gate[b][h][t] for t >= 1 to sum_H, in token order.
template <class T>
void add_gates(const at::Tensor& gate, std::vector<double>& sum_H) {
  const int64_t B = gate.size(0), H = gate.size(1), tokens = gate.size(2);
  const int64_t sb = gate.stride(0), sh = gate.stride(1), st = gate.stride(2);
  const T* g = gate.const_data_ptr<T>();
  for (int64_t b = 0; b < B; ++b)
    for (int64_t t = 1; t < tokens; ++t)
      for (int64_t h = 0; h < H; ++h)
        sum_H[static_cast<size_t>(h)] += static_cast<double>(g[b * sb + h * sh + t * st]);
}

// The same number for every token except the first, which gets 0. Memory order B,T,H, like the
// gates of the attention op.
template <class T>
at::Tensor spread(const T* d_importance_H, int64_t B, int64_t H, int64_t tokens,
                  const at::TensorOptions& options) {
  const at::Tensor d_gate = at::empty({B, tokens, H}, options);
  T* d = d_gate.data_ptr<T>();
  const T share = T{1} / static_cast<T>(B * (tokens - 1));
  for (int64_t b = 0; b < B; ++b)
    for (int64_t t = 0; t < tokens; ++t)
      for (int64_t h = 0; h < H; ++h)
        d[(b * tokens + t) * H + h] = t == 0 ? T{0} : share * d_importance_H[h];
  return d_gate.transpose(1, 2);
}

template <class T>
at::Tensor mean_H(const at::Tensor& gate) {
  const int64_t B = gate.size(0), H = gate.size(1), tokens = gate.size(2);
  std::vector<double> sum_H(static_cast<size_t>(H), 0.0);
  add_gates<T>(gate, sum_H);
  const at::Tensor out = at::empty({H}, gate.options());
  for (int64_t h = 0; h < H; ++h)
    out.data_ptr<T>()[h] =
        static_cast<T>(sum_H[static_cast<size_t>(h)] / static_cast<double>(B * (tokens - 1)));
  return out;
}

at::Tensor forward_on_cpu(const at::Tensor& gate_BHT) {
  return gate_BHT.scalar_type() == at::kDouble ? mean_H<double>(gate_BHT) : mean_H<float>(gate_BHT);
}

at::Tensor backward_on_cpu(const at::Tensor& d_H, int64_t B, int64_t T) {
  const int64_t H = d_H.size(0);
  return d_H.scalar_type() == at::kDouble
             ? spread(d_H.const_data_ptr<double>(), B, H, T, d_H.options())
             : spread(d_H.const_data_ptr<float>(), B, H, T, d_H.options());
}

at::Tensor forward_by_aten(const at::Tensor& gate_BHT) {
  return gate_BHT.slice(2, 1).mean(at::IntArrayRef{0, 2});
}

at::Tensor backward_by_aten(const at::Tensor& d_H, int64_t B, int64_t T) {
  const at::Tensor d_gate =
      (d_H / static_cast<double>(B * (T - 1))).view({1, -1, 1}).repeat({B, 1, T});
  d_gate.select(2, 0).zero_();
  return d_gate;
}

const Backend<Importance> on_any{tensor::kPlain, {forward_by_aten, backward_by_aten}};
const Backend<Importance> on_cpu{{"cpu", at::kCPU, {at::kFloat, at::kDouble}},
                                 {forward_on_cpu, backward_on_cpu}};

struct MeanGate : Function<MeanGate> {
  static Variable forward(AutogradContext* ctx, const Variable& gate) {
    ctx->saved_data["B"] = gate.size(0);
    ctx->saved_data["T"] = gate.size(2);
    return kernels<Importance>(gate).forward(gate);
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    tensor::refuse_second_derivative("importance_LH");
    const at::Tensor d_H = grads[0].contiguous();
    return {kernels<Importance>(d_H).backward(d_H, ctx->saved_data["B"].toInt(),
                                              ctx->saved_data["T"].toInt())};
  }
};

}  // namespace

at::Tensor importance_H(const at::Tensor& gate_BHT) {
  if (gate_BHT.dim() != 3 || gate_BHT.size(2) < 2)
    throw std::invalid_argument(
        "importance_H: gate needs three dimensions and at least two tokens");
  return MeanGate::apply(gate_BHT);
}

at::Tensor importance_LH(std::span<const at::Tensor> gates_BHT, const ranks::Share& share) {
  std::vector<at::Tensor> layers;
  for (const at::Tensor& gate : gates_BHT) layers.push_back(importance_H(gate));
  return ranks::mean_over_ranks(at::stack(layers), share);
}

}  // namespace sinkmoe::balance
