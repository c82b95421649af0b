// Sinks at other positions than the first: how much attention weight each key receives.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "attention/mixer.h"

namespace sinkmoe::metrics {

// [B,H,T], sum over queries of the attention weight on each key; needs no T x T array. The weight is
// that of E20: what a learned sink takes is missing, and an explicit gate does not count. Right for
// every variant whose output is linear in the values. `out` belongs to `in`. fp64 for fp64, else
// fp32.
at::Tensor received_BHT(const attention::HeadIn& in, const attention::HeadOut& out,
                        const attention::HeadMixer& mixer);

// The key with the largest mean weight among positions 1..T/2, where the mean of a key is over the
// queries that see it: at least half of the queries see each of these keys, so that a high mean is
// not the weight of a few neighbours.
class KeyWeights {
 public:
  KeyWeights(int64_t layers, int64_t heads);
  // Called once per layer and batch, through HeadProbe.
  void add(int64_t layer, const attention::HeadIn& in, const attention::HeadOut& out,
           const attention::HeadMixer& mixer);

  // All [L,H] fp64 on the CPU. A sink at a fixed position: the largest, over positions, of the mean
  // over rows and queries; and its position.
  at::Tensor largest_LH() const;
  at::Tensor position_LH() const;
  // A sink that may lie elsewhere in each row: the mean over rows of the row's largest.
  at::Tensor largest_of_row_LH() const;

 private:
  struct Sums {
    at::Tensor weight_HP, largest_H;  // P: positions 1..T/2
    double rows = 0;
  };
  std::vector<Sums> layers_;
};

}  // namespace sinkmoe::metrics
