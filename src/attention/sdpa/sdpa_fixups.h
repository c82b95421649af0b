// The operation "SDPA fix-ups": one pass before and one after each attention op of LibTorch, which
// compute the gate and its exact gradient with the formulas of docs/attention.md.
#pragma once

#include <ATen/core/Tensor.h>

#include "attention/sdpa/empty_row.h"
#include "attention/sdpa/sdpa_ops.h"
#include "tensor/backends.h"

namespace sinkmoe::attention::fixups {

using sdpa::Forward;
using sdpa::Gradients;

// first_BHT is the weight on key 0 (1 in row 0). gate_BHT is 1 - first, computed without the
// subtraction. lse_rest_BHT [B,H,T-1]: logsumexp of rows 1.. over all their keys.
struct Merged {
  at::Tensor out_BHTK, gate_BHT, first_BHT, lse_rest_BHT;
};

// The inputs of the op's backward for rows and keys 1.., and the gradients of key 0, which it does
// not see. `out` is chosen so that rowsum(d_out * out) is the wanted D.
struct MergeEdit {
  at::Tensor d_out_BHTK, out_BHTK;
  at::Tensor d_logit_BHT;  // gradient of q_i.k_0, rows 1..
  at::Tensor d_k0_BJK, d_v0_BJK;
};

struct Rescaled {
  at::Tensor gate_BHT, sink_BHT, lse_BHT;  // sink_BHT: weight on the sink; lse over keys and sink
};

struct SinkEdit {
  at::Tensor d_out_BHTK, out_BHTK, d_sink_H;
};

// q, k, v, d_out in one type, statistics in fp32 (fp64 for fp64); the last stride of tensors with K
// is 1.
struct SdpaFixups {
  static constexpr const char* name = "SDPA fix-ups";
  struct Kernels {
    // Joins key 0 to the result `rest` of the op on rows and keys 1.. (which is empty for T = 1).
    Merged (*merge)(const at::Tensor& q_BHTK, const at::Tensor& k_BJTK, const at::Tensor& v_BJTK,
                    const Forward& rest, double scale);
    MergeEdit (*edit_merge)(const at::Tensor& d_out_BHTK, const at::Tensor& d_gate_BHT,
                            const at::Tensor& q_BHTK, const at::Tensor& v_BJTK,
                            const at::Tensor& rest_out_BHTK, const at::Tensor& gate_BHT,
                            const at::Tensor& first_BHT, double scale);
    // The full gradients, from those of rows and keys 1.. (undefined for T = 1).
    Gradients (*finish_merge)(const MergeEdit& edit, const Gradients& rest,
                              const at::Tensor& q_BHTK, const at::Tensor& k_BJTK);
    // Scales `out` in place by the gate. lse_BHT is over the keys.
    Rescaled (*rescale)(at::Tensor& out_BHTK, const at::Tensor& lse_BHT, const at::Tensor& sink_H);
    SinkEdit (*edit_sink)(const at::Tensor& d_out_BHTK, const at::Tensor& d_gate_BHT,
                          const at::Tensor& out_BHTK, const at::Tensor& gate_BHT,
                          const at::Tensor& sink_BHT);
  };
};

// The backend "plain", which is registered next to the code that calls it.
SdpaFixups::Kernels plain_fixups();

// The fix-ups for tensors like q.
inline const SdpaFixups::Kernels& fixups_for(const at::Tensor& q_BHTK) {
  return tensor::kernels<SdpaFixups>(q_BHTK);
}

}  // namespace sinkmoe::attention::fixups
