// What stands round the stock attention ops: one pass before and one after each, with the formulas
// of docs/attention.md. Two implementations: CUDA kernels, and plain ATen ops for everything else.
#pragma once

#include <ATen/core/Tensor.h>

#include "attention/sdpa/empty_row.h"
#include "attention/sdpa/sdpa_ops.h"

namespace sinkmoe::attention::fixups {

using sdpa::Forward;
using sdpa::Gradients;

// first_BHT is the weight on key 0 (1 in row 0), gate_BHT is 1 - first computed without that
// subtraction. lse_rest_BHT [B,H,T-1]: logsumexp of rows 1.. over all their keys.
struct Merged {
  at::Tensor out_BHTK, gate_BHT, first_BHT, lse_rest_BHT;
};

// What the stock backward gets for rows and keys 1.., and what key 0 gets from outside it. `out` is
// made so that rowsum(d_out * out) is the wanted D.
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

struct Passes {
  // Joins key 0 to the result `rest` of the op on rows and keys 1.. (which is empty for T = 1).
  Merged (*merge)(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v,
                  const Forward& rest, double scale);
  MergeEdit (*edit_merge)(const at::Tensor& d_out, const at::Tensor& d_gate, const at::Tensor& q,
                          const at::Tensor& v, const at::Tensor& rest_out, const at::Tensor& gate,
                          const at::Tensor& first, double scale);
  // Whole gradients from those of rows and keys 1.. (undefined for T = 1).
  Gradients (*finish_merge)(const MergeEdit& edit, const Gradients& rest, const at::Tensor& q,
                            const at::Tensor& k);
  // Scales `out` in place by the gate.
  Rescaled (*rescale)(at::Tensor& out, const at::Tensor& lse, const at::Tensor& sink_H);
  SinkEdit (*edit_sink)(const at::Tensor& d_out, const at::Tensor& d_gate, const at::Tensor& out,
                        const at::Tensor& gate, const at::Tensor& sink_BHT);
};

const Passes& plain();
const Passes& passes_for(const at::Tensor& q_BHTK);

// A pass implementation for CUDA tensors announces itself here (attention/cuda/).
void set_cuda(const Passes* passes);

}  // namespace sinkmoe::attention::fixups
