#include "attention/gate_multiply.h"

#include <ATen/ATen.h>

namespace sinkmoe {

AttentionOut gate_multiply(const at::Tensor& out_BHTK, const at::Tensor& logit) {
  const at::Tensor gate = at::sigmoid(logit.transpose(1, 2));
  if (gate.dim() == 3) return {.out_BHTK = out_BHTK * gate.unsqueeze(-1), .gate_BHT = gate};
  return {.out_BHTK = out_BHTK * gate, .gate_BHT = gate.mean(-1)};
}

}  // namespace sinkmoe
