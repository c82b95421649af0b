// The paper's loss: N_h * CV^2 of the heads' importances, summed over layers (E15; E18 with shared
// heads, where N_h is the number of balanced heads). Population variance.
#include "config/plugins/loss.h"
#include "core/registry.h"
#ifdef SINKMOE_TORCH
#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "balance/heads.h"
#endif

namespace sinkmoe::balance {
namespace {

#ifdef SINKMOE_TORCH
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// Loss of one layer and its gradient for each head; weight is 1 for balanced heads,
// 0 for shared ones.
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
at::Tensor loss(const at::Tensor& importance_LH, const at::Tensor& weight_LH,
                const at::Tensor& gradient_LH) {
  const int64_t L = importance_LH.size(0), H = importance_LH.size(1);
  double sum = 0;
  for (int64_t l = 0; l < L; ++l)
    sum += layer_loss(importance_LH.const_data_ptr<T>() + l * H,
                      weight_LH.const_data_ptr<T>() + l * H, H, gradient_LH.data_ptr<T>() + l * H);
  return at::full({}, sum, importance_LH.options());
}

// The same as the formula below, for a CPU: there the chain of small ops costs more than
// what it works on.
struct FusedCv2 : Function<FusedCv2> {
  static Variable forward(AutogradContext* ctx, const Variable& importance_LH,
                          const at::Tensor& weight_LH) {
    const at::Tensor gradient_LH = at::empty_like(importance_LH);
    ctx->save_for_backward({gradient_LH});
    return importance_LH.scalar_type() == at::kDouble
               ? loss<double>(importance_LH, weight_LH, gradient_LH)
               : loss<float>(importance_LH, weight_LH, gradient_LH);
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    return {ctx->get_saved_variables()[0] * grads[0], Variable()};
  }
};

struct Cv2 : BalanceLoss {
  at::Tensor operator()(const BalanceIn& in) const override {
    const BalancedHeads heads = balanced_heads(in);
    const at::Tensor importance = heads.importance_LH;
    const at::ScalarType type = importance.scalar_type();
    if (importance.is_cpu() && (type == at::kFloat || type == at::kDouble))
      return FusedCv2::apply(importance.contiguous(), heads.weight_LH.contiguous());
    const at::Tensor mean = heads.mean_L1();
    return heads.sum(((importance - mean) / mean.clamp_min(kSmallestMean)).square());
  }
};

std::unique_ptr<BalanceLoss> make(const config::RunConfig&) { return std::make_unique<Cv2>(); }
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
