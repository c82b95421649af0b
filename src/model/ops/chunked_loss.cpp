#include "model/ops/chunked_loss.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

namespace sinkmoe::model {

namespace {

using torch::autograd::AutogradContext;
using torch::autograd::Function;
using torch::autograd::Variable;
using torch::autograd::variable_list;

// Below some thousand tokens a chunk, launches would take longer than the work (in fp32 and with
// large vocabularies a chunk is 1.6 GB).
constexpr int64_t kChunkTokens = 8192;

LossRows& cuda_rows() {
  static LossRows rows = nullptr;  // set before main, in any order
  return rows;
}

// Gradients are made with the loss: what the logits were is gone afterwards.
struct ChunkedCrossEntropy : Function<ChunkedCrossEntropy> {
  static Variable forward(AutogradContext* ctx, const Variable& h, const Variable& w,
                          const at::Tensor& target) {
    const int64_t N = h.size(0), step = std::min(N, kChunkTokens);
    const at::Tensor weight = w.to(h.scalar_type());
    const auto rows = h.is_cuda() && cuda_rows() ? cuda_rows() : plain_loss_rows;
    at::Tensor loss_N = at::empty({N}, h.options().dtype(at::kFloat)), dh = at::empty_like(h), dw;
    for (int64_t from = 0; from < N; from += step) {
      const int64_t n = std::min(step, N - from);
      const at::Tensor h_chunk = h.narrow(0, from, n), z = at::mm(h_chunk, weight.t());
      rows(z, target.narrow(0, from, n), 1.0 / static_cast<double>(N), loss_N.narrow(0, from, n));
      at::Tensor dh_chunk = dh.narrow(0, from, n);
      at::mm_out(dh_chunk, z, weight);
      // Summed in the parameter's type: bf16 would round at every chunk.
      const at::Tensor dw_chunk = at::mm(z.t(), h_chunk);
      if (dw.defined())
        dw.add_(dw_chunk);
      else
        dw = dw_chunk.to(w.scalar_type());
    }
    ctx->save_for_backward({dh, dw});
    return loss_N.mean();
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    const variable_list saved = ctx->get_saved_variables();
    // A device scalar times each: nobody waits for its value.
    return {saved[0] * grads[0].to(saved[0].scalar_type()),
            saved[1] * grads[0].to(saved[1].scalar_type()), Variable()};
  }
};

}  // namespace

void plain_loss_rows(const at::Tensor& logits, const at::Tensor& target, double scale,
                     const at::Tensor& loss) {
  const at::NoGradGuard no_grad;
  const at::Tensor log_softmax = at::log_softmax(logits.to(at::kFloat), -1),
                   index = target.unsqueeze(-1);
  at::Tensor(loss).copy_(-log_softmax.gather(-1, index).squeeze(-1));
  at::Tensor gradient = log_softmax.exp();
  gradient.scatter_(-1, index, gradient.gather(-1, index) - 1);
  at::Tensor(logits).copy_(gradient * scale);
}

void set_cuda_loss_rows(LossRows rows) { cuda_rows() = rows; }

at::Tensor chunked_cross_entropy(const at::Tensor& h, const at::Tensor& w,
                                 const at::Tensor& target) {
  return ChunkedCrossEntropy::apply(h.contiguous(), w, target);
}

}  // namespace sinkmoe::model
