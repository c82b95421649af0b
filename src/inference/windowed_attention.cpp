#include "inference/windowed_attention.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <vector>

namespace sinkmoe::inference {

namespace {

constexpr int64_t kBlock = 256;  // queries

// Weights of queries [begin, end) on keys [first, end): [B,H,end-begin,end-first (+ 1 for a sink)].
at::Tensor block_weights(const attention::HeadIn& in, int64_t begin, int64_t end, int64_t first,
                         int64_t window, const at::Tensor& sink_H) {
  const int64_t B = in.q_BHTK.size(0), H = in.q_BHTK.size(1), group = H / in.k_BJTK.size(1);
  const at::Tensor q = in.q_BHTK.narrow(2, begin, end - begin);
  const at::Tensor k = in.k_BJTK.narrow(2, first, end - first).repeat_interleave(group, 1);
  const auto positions = at::TensorOptions().dtype(at::kLong);
  const at::Tensor query = at::arange(begin, end, positions).unsqueeze(1),
                   key = at::arange(first, end, positions).unsqueeze(0);
  const at::Tensor hidden = (key > query).logical_or(key <= query - window);
  at::Tensor scores =
      at::matmul(q, k.transpose(2, 3)).mul_(in.scale).masked_fill_(hidden, -INFINITY);
  if (sink_H.defined())
    scores = at::cat({scores, sink_H.view({1, H, 1, 1}).expand({B, H, end - begin, 1})}, -1);
  return at::softmax(scores, -1);
}

}  // namespace

attention::HeadOut windowed_attention(const attention::HeadIn& in, int64_t window,
                                      const at::Tensor& sink_H) {
  const int64_t T = in.q_BHTK.size(2), group = in.q_BHTK.size(1) / in.k_BJTK.size(1);
  std::vector<at::Tensor> out, gate, first_weight;
  for (int64_t begin = 0; begin < T; begin += kBlock) {
    const int64_t end = std::min(begin + kBlock, T),
                  first = std::max<int64_t>(0, begin - window + 1);
    const at::Tensor weights = block_weights(in, begin, end, first, window, sink_H);
    const at::Tensor keys = weights.narrow(-1, 0, end - first);
    const at::Tensor v = in.v_BJTK.narrow(2, first, end - first).repeat_interleave(group, 1);
    out.push_back(at::matmul(keys, v));
    const at::Tensor on_first =
        first == 0 ? keys.select(-1, 0) : at::zeros_like(keys.select(-1, 0));
    first_weight.push_back(on_first);
    gate.push_back(sink_H.defined() ? keys.sum(-1)
                   : first == 0     ? keys.narrow(-1, 1, end - 1).sum(-1)
                                    : at::ones_like(on_first));
  }
  const at::Tensor gate_BHT = at::cat(gate, 2);
  return {.out_BHTK = at::cat(out, 2),
          .gate_BHT = gate_BHT,
          .key_mass = sink_H.defined() ? attention::KeyMass(gate_BHT) : attention::KeyMass::all(),
          .first_weight_BHT = at::cat(first_weight, 2)};
}

}  // namespace sinkmoe::inference
