#include "model/ops/rms_norm.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "model/ops/ops.h"
#include "model/ops/over_rows.h"
#include "tensor/second_derivative.h"
#include "tensor/wide_type.h"

namespace sinkmoe::model {

namespace {

using tensor::Backend;
using tensor::kernels;
using tensor::wide_type;
using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::Variable;
using torch::autograd::variable_list;
using TensorPair = std::pair<at::Tensor, at::Tensor>;

namespace plain {

TensorPair forward(const at::Tensor& x, const at::Tensor& w, double eps) {
  const at::Tensor x_wide = x.to(wide_type(x)),
                   inverse = at::rsqrt(x_wide.square().mean(-1, true) + eps);
  return {(x_wide * inverse * w.to(wide_type(x))).to(x.scalar_type()), inverse.flatten()};
}

TensorPair backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& w,
                    const at::Tensor& inverse_N, const at::Tensor& residual) {
  const int64_t C = x.size(-1);
  const at::Tensor d = dy.reshape({-1, C}).to(wide_type(x)),
                   normed = x.view({-1, C}).to(wide_type(x)), inverse = inverse_N.unsqueeze(-1),
                   g = d * w.to(wide_type(x));
  const at::Tensor unit = normed * inverse;
  at::Tensor dx = inverse * (g - unit * (g * unit).mean(-1, true));
  if (residual.defined()) dx = dx + residual.reshape({-1, C});
  return {dx.to(x.scalar_type()).view_as(x), (d * unit).sum(0).to(w.scalar_type())};
}

}  // namespace plain

namespace cpu {

TensorPair forward(const at::Tensor& x, const at::Tensor& w, double eps) {
  const int64_t C = x.size(-1), N = x.numel() / C;
  const at::Tensor y = at::empty_like(x), inverse_N = at::empty({N}, x.options());
  over_rows(N, [&](kernel::Rows r) {
    kernel::rms_norm(r, C, data(x), data(w), static_cast<float>(eps), data(y), data(inverse_N));
  });
  return {y, inverse_N};
}

// The gradient of the weight is summed over fixed chunks of rows, then over chunks in order.
TensorPair backward(const at::Tensor& dy, const at::Tensor& x, const at::Tensor& w,
                    const at::Tensor& inverse_N, const at::Tensor& residual) {
  const int64_t C = x.size(-1), N = x.numel() / C, chunks = (N + kRowGrain - 1) / kRowGrain;
  const at::Tensor dx = at::empty_like(x), partial = at::zeros({chunks, C}, x.options());
  at::parallel_for(0, chunks, 1, [&](int64_t b, int64_t e) {
    for (int64_t i = b; i < e; ++i)
      kernel::rms_norm_backward({i * kRowGrain, std::min(N, (i + 1) * kRowGrain)}, C, data(dy),
                                data(x), data(w), data(inverse_N),
                                residual.defined() ? data(residual) : nullptr, data(dx),
                                data(partial) + i * C);
  });
  float* sum = data(partial);
  for (int64_t i = 1; i < chunks; ++i)
    for (int64_t c = 0; c < C; ++c) sum[c] += sum[i * C + c];
  return {dx, partial[0]};
}

}  // namespace cpu

const Backend<RmsNorm> on_any{tensor::kPlain, {plain::forward, plain::backward}};
const Backend<RmsNorm> on_cpu{{"cpu", at::kCPU, {at::kFloat}}, {cpu::forward, cpu::backward}};

// (x, y): the residual stream passes through, so that the backward pass adds both gradients at
// once.
struct BranchNorm : Function<BranchNorm> {
  static variable_list forward(AutogradContext* ctx, const Variable& x, const Variable& w,
                               double eps) {
    const auto [y, inverse_N] = kernels<RmsNorm>(x).forward(x, w, eps);
    ctx->save_for_backward({x, w, inverse_N});
    ctx->set_materialize_grads(false);
    return {x.alias(), y};
  }
  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    tensor::refuse_second_derivative("rms_norm");
    if (!grads[1].defined()) return {grads[0], Variable(), Variable()};
    const variable_list saved = ctx->get_saved_variables();
    const at::Tensor residual = grads[0].defined() ? grads[0].contiguous() : at::Tensor();
    const auto [dx, dw] = kernels<RmsNorm>(saved[0]).backward(grads[1].contiguous(), saved[0],
                                                              saved[1], saved[2], residual);
    return {dx, dw, Variable()};
  }
};

}  // namespace

std::pair<at::Tensor, at::Tensor> branch_norm(const at::Tensor& x_BTC, const at::Tensor& w_C,
                                              double eps) {
  const variable_list out = BranchNorm::apply(x_BTC.contiguous(), w_C, eps);
  return {out[0], out[1]};
}

at::Tensor rms_norm(const at::Tensor& x_NC, const at::Tensor& w_C, double eps) {
  return branch_norm(x_NC, w_C, eps).second;
}

}  // namespace sinkmoe::model
