// What each of our CUDA kernels must at least move to and from memory in one training step: every array once, whatever
// the kernel does. The time of that at the copy bandwidth of a device is the roof of the kernel.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/run_config.h"

namespace sinkmoe::bench {

struct KernelBytes {
  std::string kernel;  // a part of its demangled name
  int64_t launches;    // in a step
  int64_t bytes;       // of all launches of a step together
};

// vocabulary V, parameters P, bf16 or fp32 activations by config.run.precision.
inline std::vector<KernelBytes> kernel_bytes(const config::RunConfig& config, int64_t V,
                                             int64_t P) {
  const config::ModelConfig& m = config.model;
  const int64_t micro = config.train.micro_batches, L = m.layers * micro, H = m.heads,
                J = m.kv_heads > 0 ? m.kv_heads : H, C = m.width, K = C / H,
                N = config.train.batch / micro * config.data.context;  // tokens of a micro-batch
  const bool narrow = config.run.precision == config::Precision::bf16;
  const int64_t E = narrow ? 2 : 4, stat = 4 * N * H, heads = N * H * K * E, keys = N * J * K * E;
  const int64_t norms = 2 * L + micro;
  std::vector<KernelBytes> all = {
      {"norm_kernel", norms, norms * (2 * N * C * E + 4 * N)},
      {"norm_backward_kernel", norms, norms * (4 * N * C * E + 4 * N)},
      {"rotate_kernel", 2 * L, 2 * L * 2 * (heads + keys)},
      {"cross_entropy_kernel", 0, micro * 2 * N * V * E},  // launches: one for each chunk of rows
      {"squares_kernel", 1, 4 * P},
      {"adamw_kernel", 1, P * (16 + 12 + (narrow ? 2 : 0))},
  };
  const auto add = [&](const std::string& name, int64_t bytes) {
    all.push_back({name, L, L * bytes});
  };
  if (config.attention.kind == "vanilla") {
    add("merge_kernel", 3 * heads + 4 * stat);       // q, out twice; lse twice, gate, first
    add("edit_merge_kernel", 5 * heads + 4 * stat);  // d_out, q, out; edit, copy
    add("finish_merge_kernel", 2 * heads + 4 * keys + stat);  // dq, dk, dv twice; d_logit
  } else if (config.attention.kind == "sink") {
    add("rescale_kernel", 2 * heads + 4 * stat);    // out twice; lse twice, gate, weight
    add("edit_sink_kernel", 4 * heads + 3 * stat);  // d_out, out; edit, copy; d_gate, gate, weight
  } else if (config.attention.kind == "gated") {
    add("gate_kernel", 2 * heads + stat + N * H * E);               // in, out; gate; logit
    add("gate_backward_kernel", 3 * heads + stat + 2 * N * H * E);  // d_out, in, d_in; d_gate
  }
  return all;
}

}  // namespace sinkmoe::bench
