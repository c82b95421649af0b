// The paper's loss: N_h * CV^2 of the heads' importances, summed over layers (E15; E18 with shared
// heads, where N_h is the number of balanced heads). Population variance.
#include "config/plugins/loss.h"
#include "core/registry.h"
#ifdef SINKMOE_TORCH
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "balance/cv2.h"
#include "balance/heads.h"
#include "tensor/second_derivative.h"
#endif

namespace sinkmoe::balance {
namespace {

#ifdef SINKMOE_TORCH
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// Loss of one layer and its gradient for each head. Weight: 1 for balanced heads, 0 for shared.
template <class T>
double layer_loss(const T* importance_H, const T* weight_H, int64_t H, T* gradient_H) {
  double count = 0, sum = 0, squares = 0;
  for (int64_t h = 0; h < H; ++h) {
    count += weight_H[h];
    sum += weight_H[h] * importance_H[h];
  }
  const double mean = sum / count, divisor = std::max(mean, kSmallestMean);
  for (int64_t h = 0; h < H; ++h)
    squares += weight_H[h] * (importance_H[h] - mean) * (importance_H[h] - mean);
  // N_h * var / mean^2 = sum over heads of (deviation / mean)^2 (E16)
  const double by_mean = mean >= kSmallestMean ? squares / (count * divisor) : 0;
  for (int64_t h = 0; h < H; ++h)
    gradient_H[h] =
        static_cast<T>(2 * weight_H[h] / (divisor * divisor) * (importance_H[h] - mean - by_mean));
  return squares / (divisor * divisor);
}

template <class T>
Cv2::Out by_loops(const at::Tensor& importance_LH, const at::Tensor& weight_LH) {
  const int64_t L = importance_LH.size(0), H = importance_LH.size(1);
  const at::Tensor gradient_LH = at::empty_like(importance_LH);
  double sum = 0;
  for (int64_t l = 0; l < L; ++l)
    sum += layer_loss(importance_LH.const_data_ptr<T>() + l * H,
                      weight_LH.const_data_ptr<T>() + l * H, H, gradient_LH.data_ptr<T>() + l * H);
  return {at::full({}, sum, importance_LH.options()), gradient_LH};
}

// On a CPU the chain of small ops below would cost more than the arithmetic.
Cv2::Out on_cpu(const at::Tensor& importance_LH, const at::Tensor& weight_LH) {
  return (importance_LH.scalar_type() == at::kDouble ? by_loops<double>
                                                     : by_loops<float>)(importance_LH, weight_LH);
}

Cv2::Out by_aten(const at::Tensor& importance_LH, const at::Tensor& weight_LH) {
  const at::Tensor count_L1 = weight_LH.sum(1, true),
                   mean_L1 = (importance_LH * weight_LH).sum(1, true) / count_L1,
                   divisor_L1 = mean_L1.clamp_min(kSmallestMean),
                   deviation_LH = (importance_LH - mean_L1) * weight_LH,
                   squares_L1 = deviation_LH.square().sum(1, true);
  const at::Tensor by_mean_L1 = squares_L1 / (count_L1 * divisor_L1) * (mean_L1 >= kSmallestMean);
  const at::Tensor square_L1 = divisor_L1.square();
  return {(squares_L1 / square_L1).sum(), 2 * weight_LH / square_L1 * (deviation_LH - by_mean_L1)};
}

const tensor::Backend<Cv2> any{tensor::kPlain, {by_aten}};
const tensor::Backend<Cv2> cpu{{"cpu", at::kCPU, {at::kFloat, at::kDouble}}, {on_cpu}};

struct Cv2Node : Function<Cv2Node> {
  static Variable forward(AutogradContext* ctx, const Variable& importance_LH,
                          const at::Tensor& weight_LH) {
    const Cv2::Out out = tensor::kernels<Cv2>(importance_LH).forward(importance_LH, weight_LH);
    ctx->save_for_backward({out.d_importance_LH});
    return out.loss;
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    tensor::refuse_second_derivative("cv2");
    return {ctx->get_saved_variables()[0] * grads[0], Variable()};
  }
};

struct Cv2Loss : BalanceLoss {
  at::Tensor operator()(const BalanceIn& in) const override {
    const BalancedHeads heads = balanced_heads(in);
    return Cv2Node::apply(heads.importance_LH.contiguous(), heads.weight_LH.contiguous());
  }
};

std::unique_ptr<BalanceLoss> make(const config::RunConfig&) { return std::make_unique<Cv2Loss>(); }
#else
constexpr auto make = nullptr;
#endif

const Registration<config::LossKind> registration{
    {.name = "cv2",
     .help = "heads times squared coefficient of variation of the importances (the paper's loss)",
     .at_equality = 0,
     .make = make}};

}  // namespace
}  // namespace sinkmoe::balance
