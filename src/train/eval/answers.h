// Accuracy on the targets in the loss part "answer" of a data source.
#pragma once

#include <ATen/core/Tensor.h>

#include <optional>

#include "data/source.h"
#include "ranks/ranks.h"
#include "tensor/host_read.h"
#include "train/data/batch.h"

namespace sinkmoe::train {

class AnswerAccuracy {
 public:
  // Counts nothing for a source without a loss part named "answer".
  explicit AnswerAccuracy(const data::DataSource& source);

  // hidden [N,C] of the batch's tokens, output weights [V,C].
  void add(const at::Tensor& hidden_NC, const at::Tensor& w_VC, const Batch& batch);

  // Has the count of right answers copied to the host. Call it once, before the two below, and wait.
  void read(tensor::HostRead& host);

  // Adds the counts of all ranks.
  void sum_over(ranks::Group& group);

  // Share of answers whose most probable token is right; nullopt: no answer was seen.
  std::optional<double> value() const;

 private:
  const data::DataSource& source_;
  int part_ = -1;     // index of "answer" in source.parts()
  at::Tensor right_;  // int64 scalar; undefined: no answer was seen
  int64_t count_ = 0;
};

}  // namespace sinkmoe::train
