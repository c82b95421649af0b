// Fixed held-out rows, read once, and the loss of an edited model on them.
#pragma once

#include <functional>
#include <vector>

#include "model/decoder.h"
#include "train/data/batch.h"

namespace sinkmoe::train {

class ProbeSample {
 public:
  // The first rows of the held-out split, about `tokens` predicted tokens. `alive` is called before
  // every forward pass.
  ProbeSample(const data::DataSource& source, const config::RunConfig& config, int64_t tokens,
              at::Device device, std::function<void()> alive);
  // These rows, at least one.
  struct Rows {
    int64_t first, count;
  };
  ProbeSample(const data::DataSource& source, const config::RunConfig& config, Rows rows,
              at::Device device, std::function<void()> alive);

  struct Part {
    int64_t first_row;
    Batch batch;
  };
  const std::vector<Part>& parts() const { return parts_; }
  int64_t rows() const { return rows_; }
  int64_t tokens() const { return tokens_; }  // predicted ones

  // Cross-entropy in nats per predicted token, without gradients.
  double loss(const model::Decoder& model, const model::ForwardOptions& options = {}) const;
  // The same with options that depend on the rows.
  double loss(const model::Decoder& model,
              const std::function<model::ForwardOptions(const Part&)>& options) const;
  // Sum of the cross-entropy of one part's predicted tokens.
  double sum(const model::Decoder& model, const Part& part,
             const model::ForwardOptions& options) const;
  void sign_of_life() const { alive_(); }

 private:
  std::vector<Part> parts_;
  int64_t rows_ = 0, tokens_ = 0;
  std::function<void()> alive_;
};

}  // namespace sinkmoe::train
