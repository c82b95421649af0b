// Output projection and cross-entropy in one, by chunks of tokens.
#include <algorithm>

#include "model/ops/chunked_loss.h"
#include "model/ops/ops_fused.h"

namespace sinkmoe::model {

namespace {

constexpr int64_t kLogitBytes =
    4 << 20;  // a chunk of logits: big enough for the product, small enough for cache

int64_t chunk_rows(int64_t V) {
  return std::max<int64_t>(64, kLogitBytes / (V * int64_t{sizeof(float)}));
}

struct LinearCrossEntropy : Function<LinearCrossEntropy> {
  static Variable forward(AutogradContext* ctx, const at::Tensor& h, const at::Tensor& w,
                          const at::Tensor& target) {
    const int64_t N = h.size(0), V = w.size(0), step = std::min(N, chunk_rows(V));
    at::Tensor loss_N = at::empty({N}, h.options()), dh = at::empty_like(h), dw = at::empty_like(w);
    at::Tensor buffer = at::empty({step, V}, h.options());
    for (int64_t from = 0; from < N; from += step) {
      const int64_t n = std::min(step, N - from);
      at::Tensor z = buffer.narrow(0, 0, n), h_chunk = h.narrow(0, from, n),
                 dh_chunk = dh.narrow(0, from, n);
      at::mm_out(z, h_chunk, w.t());
      over_rows(n, [&](step_kernel::Rows r) {
        step_kernel::cross_entropy(r, V, data(z), target.data_ptr<int64_t>() + from,
                                   1.0f / static_cast<float>(N), data(loss_N) + from);
      });
      at::mm_out(dh_chunk, z, w);
      from == 0 ? at::mm_out(dw, z.t(), h_chunk) : at::addmm_out(dw, dw, z.t(), h_chunk);
    }
    ctx->save_for_backward({dh, dw});
    return loss_N.mean();
  }
  static variable_list backward(AutogradContext* ctx, variable_list grads) {
    const auto saved = ctx->get_saved_variables();
    const double factor = grads[0].item<double>();
    if (factor == 1) return {saved[0], saved[1], Variable()};
    return {saved[0] * factor, saved[1] * factor, Variable()};
  }
};

}  // namespace

at::Tensor linear_cross_entropy(const at::Tensor& h_NC, const at::Tensor& w_VC,
                                const at::Tensor& target_N) {
  if (h_NC.is_cuda()) return chunked_cross_entropy(h_NC, w_VC, target_N);
  return fused(h_NC) ? LinearCrossEntropy::apply(h_NC.contiguous(), w_VC, target_N)
                     : plain::linear_cross_entropy(h_NC, w_VC, target_N);
}

at::Tensor token_losses(const at::Tensor& h_NC, const at::Tensor& w_VC,
                        const at::Tensor& target_N) {
  const int64_t N = h_NC.size(0), V = w_VC.size(0), step = std::min(N, chunk_rows(V));
  at::Tensor loss_N = at::empty({N}, h_NC.options().dtype(at::kFloat));
  for (int64_t from = 0; from < N; from += step) {
    const int64_t n = std::min(step, N - from);
    const at::Tensor target = target_N.narrow(0, from, n);
    at::Tensor z = model::linear(h_NC.narrow(0, from, n), w_VC);
    if (fused(z)) {
      over_rows(n, [&](step_kernel::Rows r) {
        step_kernel::cross_entropy(r, V, data(z), target.data_ptr<int64_t>(), 0,
                                   data(loss_N) + from);
      });
    } else {
      const at::Tensor wide = z.to(at::kFloat);
      loss_N.narrow(0, from, n)
          .copy_(wide.logsumexp(-1) - wide.gather(-1, target.unsqueeze(-1)).squeeze(-1));
    }
  }
  return loss_N;
}

}  // namespace sinkmoe::model
