#include "balance/importance.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <stdexcept>
#include <vector>

#include "balance/balance.h"

namespace sinkmoe::balance {
namespace {

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

// The same number for every token but the first, which has none. Memory order B,T,H, as
// the attention op's gates.
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

struct Importance : Function<Importance> {
  static Variable forward(AutogradContext* ctx, const Variable& gate) {
    ctx->saved_data["B"] = gate.size(0);
    ctx->saved_data["T"] = gate.size(2);
    return gate.scalar_type() == at::kDouble ? mean_H<double>(gate) : mean_H<float>(gate);
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    if (at::GradMode::is_enabled())  // written by hand; training needs first derivatives only
      throw std::logic_error("importance_LH: second derivatives are not implemented");
    const at::Tensor d_H = grads[0].contiguous();
    const int64_t B = ctx->saved_data["B"].toInt(), T = ctx->saved_data["T"].toInt();
    return {d_H.scalar_type() == at::kDouble
                ? spread(d_H.const_data_ptr<double>(), B, d_H.size(0), T, d_H.options())
                : spread(d_H.const_data_ptr<float>(), B, d_H.size(0), T, d_H.options())};
  }
};

// Anything else goes to importance_H, which also says what is wrong.
bool fused(const at::Tensor& gate) {
  const at::ScalarType type = gate.scalar_type();
  return gate.is_cpu() && (type == at::kFloat || type == at::kDouble) && gate.dim() == 3 &&
         gate.size(2) >= 2;
}

}  // namespace

at::Tensor importance_LH(std::span<const at::Tensor> gates) {
  std::vector<at::Tensor> layers;
  for (const at::Tensor& gate : gates)
    layers.push_back(fused(gate) ? Importance::apply(gate) : importance_H(gate));
  return at::stack(layers);
}

}  // namespace sinkmoe::balance
