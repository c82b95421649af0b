// Inputs, reference gradients and error measures for tests of the attention ops.
#pragma once

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "attention/softmax_attention.h"

namespace sinkmoe::attention {

struct Case {
  int64_t B = 2, H = 4, J = 4, T = 33, K = 16;
  SinkMode mode = SinkMode::first_key;
  double sink = 0.3;     // mean of the sink logits
  double first_key = 0;  // added to q.k_0 * scale: how strongly key 0 attracts
  uint64_t seed = 1;
};

struct Inputs {
  // fp64; [B,H,T,K] views of memory order B,T,H,K; sink undefined unless SinkMode::logit
  at::Tensor q, k, v, sink;
  at::Tensor d_out, d_gate;  // cotangents
  double scale;
};

Inputs make_inputs(const Case& c);

enum class Loss { out_only, gate_only, both };

struct Result {
  at::Tensor out, gate;
  std::vector<at::Tensor> gradients;  // q, k, v and, for SinkMode::logit, sink
};

using Op = AttentionOut (*)(const at::Tensor&, const at::Tensor&, const at::Tensor&, double,
                            SinkMode, const at::Tensor&);

// Runs `op` in `dtype` and differentiates sum(out * d_out) + sum(gate * d_gate), or one of the two.
Result run(Op op, const Inputs& in, SinkMode mode, Loss loss, at::ScalarType dtype);

// ||a - b|| / ||b|| in fp64; ||a - b|| if b is zero up to rounding.
double error(const at::Tensor& a, const at::Tensor& b);

// Fails the test if any error of out, gate or a gradient exceeds the bound, and names the part.
void expect_close(const Result& result, const Result& reference, double bound,
                  const std::string& what);

}  // namespace sinkmoe::attention
