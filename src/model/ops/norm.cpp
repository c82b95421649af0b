// RMSNorm, fused fp32 CPU form: one pass forward, one backward.
#include <algorithm>

#include "model/ops/device_norm.h"
#include "model/ops/ops_fused.h"

namespace sinkmoe::model {

namespace {

at::Tensor norm_forward(const at::Tensor& x, const at::Tensor& w, double eps,
                        at::Tensor& inverse_N) {
  const int64_t C = x.size(-1), N = x.numel() / C;
  inverse_N = at::empty({N}, x.options());
  at::Tensor y = at::empty_like(x);
  over_rows(N, [&](step_kernel::Rows r) {
    step_kernel::rms_norm(r, C, data(x), data(w), static_cast<float>(eps), data(y),
                          data(inverse_N));
  });
  return y;
}

// Gradient of the weight is summed in fixed chunks of rows, then in chunk order.
std::pair<at::Tensor, at::Tensor> norm_backward(const at::Tensor& dy, const at::Tensor& x,
                                                const at::Tensor& w, const at::Tensor& inverse_N,
                                                const at::Tensor& residual) {
  const int64_t C = x.size(-1), N = x.numel() / C, chunks = (N + kRowGrain - 1) / kRowGrain;
  at::Tensor dx = at::empty_like(x), partial = at::zeros({chunks, C}, x.options());
  at::parallel_for(0, chunks, 1, [&](int64_t b, int64_t e) {
    for (int64_t i = b; i < e; ++i)
      step_kernel::rms_norm_backward({i * kRowGrain, std::min(N, (i + 1) * kRowGrain)}, C, data(dy),
                                     data(x), data(w), data(inverse_N),
                                     residual.defined() ? data(residual) : nullptr, data(dx),
                                     data(partial) + i * C);
  });
  float* sum = data(partial);
  for (int64_t i = 1; i < chunks; ++i)
    for (int64_t c = 0; c < C; ++c) sum[c] += sum[i * C + c];
  return {dx, partial[0]};
}

struct Norm : Function<Norm> {
  static Variable forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& w,
                          double eps) {
    at::Tensor inverse;
    at::Tensor y = norm_forward(x, w, eps, inverse);
    ctx->save_for_backward({x, w, inverse});
    return y;
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    auto [dx, dw] = norm_backward(grads[0].contiguous(), saved[0], saved[1], saved[2], {});
    return {dx, dw, Variable()};
  }
};

struct BranchNorm : Function<BranchNorm> {
  static variable_list forward(AutogradContext* ctx, const at::Tensor& x, const at::Tensor& w,
                               double eps) {
    at::Tensor inverse;
    at::Tensor y = norm_forward(x, w, eps, inverse);
    ctx->save_for_backward({x, w, inverse});
    ctx->set_materialize_grads(false);
    return {x.alias(), y};
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    if (!grads[1].defined()) return {grads[0], Variable(), Variable()};
    const at::Tensor residual = grads[0].defined() ? grads[0].contiguous() : at::Tensor();
    auto [dx, dw] = norm_backward(grads[1].contiguous(), saved[0], saved[1], saved[2], residual);
    return {dx, dw, Variable()};
  }
};

}  // namespace

bool fused(const at::Tensor& x) { return x.is_cpu() && x.scalar_type() == at::kFloat; }

at::Tensor rms_norm(const at::Tensor& x, const at::Tensor& w_C, double eps) {
  if (const NormKernels* kernels = norm_kernels(x, w_C))
    return branch_norm_by(*kernels, x, w_C, eps).second;
  return fused(x) ? Norm::apply(x.contiguous(), w_C, eps) : plain::rms_norm(x, w_C, eps);
}

std::pair<at::Tensor, at::Tensor> branch_norm(const at::Tensor& x_BTC, const at::Tensor& w_C,
                                              double eps) {
  if (const NormKernels* kernels = norm_kernels(x_BTC, w_C))
    return branch_norm_by(*kernels, x_BTC, w_C, eps);
  if (!fused(x_BTC)) return {x_BTC, plain::rms_norm(x_BTC, w_C, eps)};
  variable_list out = BranchNorm::apply(x_BTC.contiguous(), w_C, eps);
  return {out[0], out[1]};
}

}  // namespace sinkmoe::model
