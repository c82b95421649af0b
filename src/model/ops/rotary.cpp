#include "model/ops/rotary.h"

#include <ATen/ATen.h>

#include "model/ops/over_rows.h"
#include "tensor/wide_type.h"

namespace sinkmoe::model {

namespace {

void rotate_by_aten(const at::Tensor& y_NF, int64_t T, int64_t heads, int64_t K,
                    const RotaryTable& rotary, double sign) {
  const at::NoGradGuard no_grad;
  const auto wide = tensor::wide_type(y_NF);
  const at::Tensor x_BTHK =
      y_NF.narrow(1, 0, heads * K).unflatten(0, {-1, T}).unflatten(2, {heads, K});
  at::Tensor low = x_BTHK.narrow(-1, 0, K / 2), high = x_BTHK.narrow(-1, K / 2, K / 2);
  const at::Tensor cosine = rotary.cos_TK2.to(wide).unsqueeze(1),
                   sine = rotary.sin_TK2.to(wide).unsqueeze(1) * sign;
  const at::Tensor a = low.to(wide, false, true), b = high.to(wide, false, true);
  low.copy_(a * cosine - b * sine);
  high.copy_(b * cosine + a * sine);
}

void rotate_on_cpu(const at::Tensor& y_NF, int64_t T, int64_t heads, int64_t K,
                   const RotaryTable& rotary, double sign) {
  over_rows(y_NF.size(0), [&](kernel::Rows r) {
    kernel::rotate(r, T, heads, K, y_NF.stride(0), data(rotary.cos_TK2), data(rotary.sin_TK2),
                   static_cast<float>(sign), data(y_NF));
  });
}

const tensor::Backend<Rotary> on_any{tensor::kPlain, {rotate_by_aten}};
const tensor::Backend<Rotary> on_cpu{{"cpu", at::kCPU, {at::kFloat}}, {rotate_on_cpu}};

}  // namespace

RotaryTable rotary_table(int64_t T, int64_t K, double base, at::Device device) {
  const auto options = at::TensorOptions().dtype(at::kDouble);
  const at::Tensor pair = at::arange(0, K, 2, options) / static_cast<double>(K);
  const at::Tensor angle = at::outer(at::arange(T, options), at::pow(base, -pair));
  return {angle.cos().to(at::kFloat).to(device), angle.sin().to(at::kFloat).to(device)};
}

at::Tensor rotate_heads(const at::Tensor& x_BHTK, const RotaryTable& rotary) {
  const int64_t half = x_BHTK.size(-1) / 2;
  // bf16 angles would be wrong by up to 0.2%.
  const at::ScalarType type = x_BHTK.scalar_type(), wide = tensor::wide_type(x_BHTK);
  const at::Tensor cosine = rotary.cos_TK2.to(wide), sine = rotary.sin_TK2.to(wide);
  const at::Tensor a = x_BHTK.narrow(-1, 0, half).to(wide),
                   b = x_BHTK.narrow(-1, half, half).to(wide);
  return at::cat({a * cosine - b * sine, b * cosine + a * sine}, -1).to(type);
}

}  // namespace sinkmoe::model
