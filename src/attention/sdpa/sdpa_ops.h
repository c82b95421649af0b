// One interface to the fused scaled-dot-product attention (SDPA) ops of LibTorch. Only
// sdpa_ops*.cpp use private at::_* ops.
#pragma once

#include <ATen/core/Tensor.h>

namespace sinkmoe::attention::sdpa {

// The op for a tensor. flash (FlashAttention-2) and cudnn take half types; efficient also takes
// fp32.
enum class SdpaOp : int64_t { cpu, flash, cudnn, efficient };

// out [B,H,T,K], in memory order B,T,H,K on CPU. lse_BHT: natural log, fp32 (fp64 for fp64 input).
// rng_* pass from the CUDA ops to their backward; undefined on CPU.
struct Forward {
  at::Tensor out_BHTK, lse_BHT, rng_seed, rng_offset;
  SdpaOp op = SdpaOp::cpu;
};

struct Gradients {
  at::Tensor q_BHTK, k_BJTK, v_BJTK;
};

// Causal softmax attention over Tq = Tk >= 1 rows. The last stride of q, k, v must be 1 (otherwise
// the CPU op reads garbage without an error); see attention/unit_stride.h. Throws
// std::invalid_argument for a device, type or head width that no op supports.
Forward forward(const at::Tensor& q_BHTK, const at::Tensor& k_BJTK, const at::Tensor& v_BJTK,
                double scale);

// The backward pass of the op. It takes P = exp(S - lse) and D = rowsum(d_out * out) from its
// arguments, and callers pass edited ones.
Gradients backward(const at::Tensor& d_out_BHTK, const at::Tensor& q_BHTK, const at::Tensor& k_BJTK,
                   const at::Tensor& v_BJTK, const Forward& fwd, double scale);

// Plain attention under autograd (no gate): the op with its own gradient.
at::Tensor plain(const at::Tensor& q_BHTK, const at::Tensor& k_BJTK, const at::Tensor& v_BJTK,
                 double scale);

// The op that forward would use.
SdpaOp sdpa_op(const at::Tensor& q_BHTK);
const char* name(SdpaOp op);

// Fast mode on CUDA: cuDNN instead of FlashAttention-2 for half types, unless deterministic
// algorithms are required. Off at the start; switch it on only after self_test.h has passed with it
// on this device.
void allow_cudnn(bool allow);

// CUDA only; sdpa_ops_cuda.cpp.
Forward forward_cuda(const at::Tensor& q_BHTK, const at::Tensor& k_BJTK, const at::Tensor& v_BJTK,
                     double scale, SdpaOp op);
Gradients backward_cuda(const at::Tensor& d_out_BHTK, const at::Tensor& q_BHTK,
                        const at::Tensor& k_BJTK, const at::Tensor& v_BJTK, const Forward& fwd,
                        double scale);

}  // namespace sinkmoe::attention::sdpa
