// Mean cross-entropy of softmax(h w^T) on a GPU, by chunks of tokens: logits are overwritten by
// their gradient, so that they exist once and only a chunk at a time. (The CPU's form of the
// same is in ops_loss.cpp.)
#pragma once

#include <ATen/core/Tensor.h>

namespace sinkmoe::model {

// Under autograd; any device and floating type, made for CUDA. h_NC contiguous, w_VC of any type.
// Nothing is read back from the device, so it can be recorded.
at::Tensor chunked_cross_entropy(const at::Tensor& h_NC, const at::Tensor& w_VC,
                                 const at::Tensor& target_N);

// Rows of logits [n, V] become scale * (softmax - onehot); loss_N fp32 gets -log softmax[target].
using LossRows = void (*)(const at::Tensor& logits_NV, const at::Tensor& target_N, double scale,
                          const at::Tensor& loss_N);
void plain_loss_rows(const at::Tensor& logits_NV, const at::Tensor& target_N, double scale,
                     const at::Tensor& loss_N);

// A kernel for CUDA tensors announces itself here (model/cuda/).
void set_cuda_loss_rows(LossRows rows);

}  // namespace sinkmoe::model
