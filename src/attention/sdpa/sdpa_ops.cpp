#include "attention/sdpa/sdpa_ops.h"

#include <ATen/ATen.h>
#include <torch/headeronly/version.h>

#include <atomic>
#include <stdexcept>
#include <string>

#if TORCH_VERSION_MAJOR != 2 || TORCH_VERSION_MINOR != 11
#error \
    "sdpa_ops*.cpp call private ops of LibTorch 2.11; check their signatures before another version"
#endif

namespace sinkmoe::attention::sdpa {
namespace {

std::atomic<bool> cudnn_allowed = false;

}  // namespace

void allow_cudnn(bool allow) { cudnn_allowed = allow; }

const char* name(SdpaOp op) {
  switch (op) {
    case SdpaOp::cpu:
      return "cpu";
    case SdpaOp::flash:
      return "flash";
    case SdpaOp::cudnn:
      return "cudnn";
    case SdpaOp::efficient:
      return "efficient";
  }
  return "";
}

SdpaOp sdpa_op(const at::Tensor& q) {
  if (q.is_cpu()) return SdpaOp::cpu;
  const at::ScalarType type = q.scalar_type();
  const bool half = type == at::kBFloat16 || type == at::kHalf;
  if (!q.is_cuda() || (!half && type != at::kFloat))
    throw std::invalid_argument("attention: no fused op for " + std::string(toString(type)) +
                                " on " + q.device().str());
  if (q.size(3) % 8 != 0)
    throw std::invalid_argument("attention: head width must be a multiple of 8 on CUDA, not " +
                                std::to_string(q.size(3)));
  if (!half) return SdpaOp::efficient;
  const bool fast =
      cudnn_allowed && !at::globalContext().deterministicAlgorithms() && q.size(3) <= 128;
  return fast ? SdpaOp::cudnn : SdpaOp::flash;
}

Forward forward(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale) {
  const SdpaOp op = sdpa_op(q);
  if (op != SdpaOp::cpu) return forward_cuda(q, k, v, scale, op);
  auto [out, lse] = at::_scaled_dot_product_flash_attention_for_cpu(q, k, v, 0.0, true, {}, scale);
  return {.out_BHTK = std::move(out), .lse_BHT = std::move(lse), .rng_seed = {}, .rng_offset = {}};
}

Gradients backward(const at::Tensor& d_out, const at::Tensor& q, const at::Tensor& k,
                   const at::Tensor& v, const Forward& fwd, double scale) {
  if (fwd.op != SdpaOp::cpu) return backward_cuda(d_out, q, k, v, fwd, scale);
  auto [dq, dk, dv] = at::_scaled_dot_product_flash_attention_for_cpu_backward(
      d_out, q, k, v, fwd.out_BHTK, fwd.lse_BHT, 0.0, true, {}, scale);
  return {.q_BHTK = std::move(dq), .k_BJTK = std::move(dk), .v_BJTK = std::move(dv)};
}

at::Tensor plain(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale) {
  return forward(q, k, v, scale).out_BHTK;
}

}  // namespace sinkmoe::attention::sdpa
