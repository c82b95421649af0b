// What heads write and where their queries and keys point, per head, over many rows. Row position 0
// is left out of every mean, as in the mean gate. Letters as in attention/mixer.h.
#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "attention/mixer.h"
#include "core/run/metric.h"

namespace sinkmoe::metrics {

class HeadGeometry {
 public:
  HeadGeometry(int64_t layers, int64_t heads);
  // Called once per layer and batch, through HeadProbe, without gradients. W_O [C, H K]: column h K
  // + k is channel k of head h.
  void add(int64_t layer, const attention::HeadIn& in, const attention::HeadOut& out,
           const attention::HeadMixer& mixer, const at::Tensor& out_weight_CC);

  // All [L,H] fp64 on the CPU. ||what token 0's value adds to the output|| / ||output|| (C2). The
  // numerator is the output minus the output with that value zeroed, which is right for every
  // variant that is linear in the values.
  at::Tensor first_write_LH() const;
  at::Tensor contribution_LH() const;     // ||out_h W_O^h|| (C9)
  at::Tensor cos_query_first_LH() const;  // cosine of q_t to k_0 (C11)
  at::Tensor cos_key_first_LH() const;    // cosine of k_j to k_0, of the head's key head
  at::Tensor out_rank_LH() const;         // effective rank of outputs, all tokens as rows
  at::Tensor key_rank_LH() const;         // of keys after positions
  // 40 bins over [-1, 1] for both cosines, one row per head.
  std::vector<HistogramRow> histograms(int64_t step) const;

 private:
  struct Sums {
    at::Tensor write_H, contribution_H, query_H, key_H;
    at::Tensor out_HKK, key_HKK;  // second moments
    at::Tensor query_HB, key_HB;  // histograms
    double count = 0;             // tokens
  };
  at::Tensor per_token_LH(at::Tensor Sums::* sum) const;
  int64_t heads_;
  std::vector<Sums> layers_;
};

}  // namespace sinkmoe::metrics
