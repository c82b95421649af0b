#include "balance/balance.h"

#include <ATen/ATen.h>

#include <stdexcept>

namespace sinkmoe::balance {

at::Tensor top_heads_LH(const at::Tensor& importance_LH, int64_t m) {
  if (importance_LH.dim() != 2 || m < 0 || m > importance_LH.size(1))
    throw std::invalid_argument("top_heads_LH: importance must be [L,H] and m in [0, H]");
  const at::Tensor top = std::get<1>(importance_LH.detach().topk(m, 1));
  return at::zeros_like(importance_LH, at::kBool).scatter_(1, top, true);
}

}  // namespace sinkmoe::balance
