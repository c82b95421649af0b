// A forward pass layer by layer: all rows go through a layer before the next one is read, so that
// memory holds the activations of the rows and the weights of one layer. Inference only, fp32.
#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <vector>

#include "inference/layer.h"
#include "pretrained/checkpoint.h"

namespace sinkmoe::inference {

struct StreamOptions {
  // Called with the heads of a layer for a few rows at a time, in row order.
  std::function<void(int64_t layer, const attention::HeadIn&, const attention::HeadOut&)> probe =
      {};
  std::function<void(double done)> progress = {};  // 0 to 1
};

// ids [R,T] int64. The hidden states after the final norm, [R T, C]. Throws Error: an id outside
// the vocabulary, rows longer than the model's positions, weights that are not finite.
at::Tensor hidden_states(const pretrained::Model& model, const at::Tensor& ids_RT,
                         const StreamOptions& options = {});

// The parts that the forward pass starts with: embeddings [R,T,C] (reads only the rows that are
// needed), one table for each of the architecture's rotary settings, and the one of a layer
// (undefined: no positions).
at::Tensor embeddings(const pretrained::Model& model, const at::Tensor& ids_RT);
std::vector<model::RotaryTable> rotary_tables(const pretrained::Architecture& a, int64_t T);
model::RotaryTable rotary_of(const pretrained::Architecture& a,
                             const std::vector<model::RotaryTable>& tables, size_t layer);

// -log softmax(h W^T + b)[target] of each token in nats, [N]. The output matrix is read in blocks
// of rows, so that neither it nor the logits exist as a whole.
at::Tensor token_losses(const pretrained::Model& model, const at::Tensor& hidden_NC,
                        const at::Tensor& target_N, const StreamOptions& options = {});

// The calculated cost of these two functions.
struct Cost {
  double flops = 0;        // products of both
  int64_t peak_bytes = 0;  // activations, the largest layer, buffers
};
Cost stream_cost(const pretrained::Model& model, int64_t rows, int64_t tokens);

}  // namespace sinkmoe::inference
