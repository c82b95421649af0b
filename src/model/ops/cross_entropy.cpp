// Output projection and cross-entropy in one op, in chunks of tokens. The logits exist once, only
// for one chunk, and are overwritten by their gradient.
#include "model/ops/cross_entropy.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "model/ops/ops.h"
#include "model/ops/over_rows.h"
#include "tensor/params.h"
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

void rows_by_aten(const at::Tensor& logits_NV, const at::Tensor& target_N, double scale,
                  const at::Tensor& loss_N) {
  const at::NoGradGuard no_grad;
  const at::Tensor log_softmax = at::log_softmax(logits_NV.to(wide_type(logits_NV)), -1),
                   index = target_N.unsqueeze(-1);
  at::Tensor(loss_N).copy_(-log_softmax.gather(-1, index).squeeze(-1));
  if (scale == 0) return;
  at::Tensor gradient = log_softmax.exp();
  gradient.scatter_(-1, index, gradient.gather(-1, index) - 1);
  at::Tensor(logits_NV).copy_(gradient * scale);
}

void rows_on_cpu(const at::Tensor& logits_NV, const at::Tensor& target_N, double scale,
                 const at::Tensor& loss_N) {
  over_rows(logits_NV.size(0), [&](kernel::Rows r) {
    kernel::cross_entropy(r, logits_NV.size(1), data(logits_NV), target_N.const_data_ptr<int64_t>(),
                          static_cast<float>(scale), data(loss_N));
  });
}

const Backend<CrossEntropy> on_any{tensor::kPlain, {rows_by_aten}};
const Backend<CrossEntropy> on_cpu{{"cpu", at::kCPU, {at::kFloat}}, {rows_on_cpu}};

// Tokens per chunk. On a CPU 4 MB of logits: large enough for the product, small enough for the
// cache. On a GPU, with less than some thousand tokens, launches would take longer than the work (a
// chunk of fp32 logits over a large vocabulary is 1.6 GB).
int64_t chunk_tokens(const at::Tensor& h_NC, int64_t V) {
  constexpr int64_t kLogitBytes = 4 << 20, kFewest = 64, kOnDevice = 8192;
  const int64_t most =
      h_NC.is_cpu() ? std::max(kFewest, kLogitBytes / (V * int64_t{sizeof(float)})) : kOnDevice;
  return std::min(h_NC.size(0), most);
}

// The unembedding in the type of h, with rows of zeros up to a multiple of `columns`: a vocabulary of
// 50,257 would make the products on a GPU several times slower. Logits of these rows are zero.
at::Tensor padded(const at::Tensor& w_VC, const at::Tensor& h, int64_t columns) {
  at::Tensor w_as_h = tensor::weight_as(w_VC, h.scalar_type());
  const int64_t V = w_VC.size(0), whole = (V + columns - 1) / columns * columns;
  if (whole == V) return w_as_h;
  const at::Tensor out = at::empty({whole, w_VC.size(1)}, h.options());
  out.narrow(0, 0, V).copy_(w_as_h);
  out.narrow(0, V, whole - V).zero_();
  return out;
}

// Computes the gradients together with the loss, because the logits are overwritten.
struct LinearCrossEntropy : Function<LinearCrossEntropy> {
  static Variable forward(AutogradContext* ctx, const Variable& h, const Variable& w,
                          const at::Tensor& target) {
    const int64_t N = h.size(0), V = w.size(0), step = chunk_tokens(h, V);
    const CrossEntropy::Kernels& op = kernels<CrossEntropy>(h);
    const at::Tensor w_as_h = padded(w, h, op.columns);
    const at::Tensor loss_N = at::empty({N}, h.options().dtype(wide_type(h))),
                     dh = at::empty_like(h),
                     buffer = at::empty({step, w_as_h.size(0)}, h.options());
    at::Tensor dw = w.requires_grad() ? at::empty_like(w) : at::Tensor();
    for (int64_t from = 0; from < N; from += step) {
      const int64_t n = std::min(step, N - from);
      const at::Tensor h_chunk = h.narrow(0, from, n);
      at::Tensor z = buffer.narrow(0, 0, n), dh_chunk = dh.narrow(0, from, n);
      at::mm_out(z, h_chunk, w_as_h.t());
      op.rows(z.narrow(1, 0, V), target.narrow(0, from, n), 1.0 / static_cast<double>(N),
              loss_N.narrow(0, from, n));
      at::mm_out(dh_chunk, z, w_as_h);
      if (dw.defined()) add_product(dw, z, h_chunk, from == 0);
    }
    ctx->save_for_backward({dh, dw});
    return loss_N.mean();
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grads) {
    tensor::refuse_second_derivative("linear_cross_entropy");
    const variable_list saved = ctx->get_saved_variables();
    // On a GPU the host does not wait for the value of the factor.
    if (grads[0].is_cpu() && grads[0].item<double>() == 1) return {saved[0], saved[1], Variable()};
    // In the type of the factor: bf16 would round one over the number of micro-batches.
    const auto scaled = [&](const at::Tensor& x) {
      return x.defined() ? (x.to(grads[0].scalar_type()) * grads[0]).to(x.scalar_type())
                         : Variable();
    };
    return {scaled(saved[0]), scaled(saved[1]), Variable()};
  }

 private:
  // dw (+)= z^T h, summed in the parameter's type, because bf16 would round at every chunk.
  static void add_product(at::Tensor& dw, const at::Tensor& z, const at::Tensor& h, bool first) {
    if (dw.scalar_type() != h.scalar_type() || dw.size(0) != z.size(1)) {
      const at::Tensor product = at::mm(z.t(), h).narrow(0, 0, dw.size(0));
      first ? dw.copy_(product) : dw.add_(product);
    } else {
      first ? at::mm_out(dw, z.t(), h) : at::addmm_out(dw, dw, z.t(), h);
    }
  }
};

}  // namespace

at::Tensor linear_cross_entropy(const at::Tensor& h_NC, const at::Tensor& w_VC,
                                const at::Tensor& target_N) {
  return LinearCrossEntropy::apply(h_NC.contiguous(), w_VC, target_N.contiguous());
}

at::Tensor token_losses(const at::Tensor& h_NC, const at::Tensor& w_VC,
                        const at::Tensor& target_N) {
  const at::NoGradGuard no_grad;
  const int64_t N = h_NC.size(0), step = chunk_tokens(h_NC, w_VC.size(0));
  const at::Tensor loss_N = at::empty({N}, h_NC.options().dtype(wide_type(h_NC)));
  const CrossEntropy::Kernels& op = kernels<CrossEntropy>(h_NC);
  const at::Tensor w = padded(w_VC, h_NC, op.columns);
  for (int64_t from = 0; from < N; from += step) {
    const int64_t n = std::min(step, N - from);
    const at::Tensor z = model::linear(h_NC.narrow(0, from, n), w);
    op.rows(z.narrow(1, 0, w_VC.size(0)), target_N.narrow(0, from, n).contiguous(), 0,
            loss_N.narrow(0, from, n));
  }
  return loss_N.to(at::kFloat);
}

}  // namespace sinkmoe::model
