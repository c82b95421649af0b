// Base class of sources without files: endless rows, each from its own draw.
#pragma once

#include <string>

#include "core/random.h"
#include "data/source.h"

namespace sinkmoe::data {

// Draws are named after the source and the split, so that no two splits share a row's draw.
// Training rows are keyed by the run's seed, held-out rows by chain_seed: they are the
// same in every run.
class SyntheticSource : public DataSource {
 public:
  void train_row(uint64_t seed, int64_t step, int64_t index, std::span<int32_t> row) const final {
    fill(Draw(seed, train_, static_cast<uint64_t>(step), static_cast<uint64_t>(index)), true, row);
  }
  int64_t eval_rows() const final { return kHeldOutRows; }
  void eval_row(int64_t index, std::span<int32_t> row) const final {
    fill(held_out(valid_, index), false, row);
  }
  int64_t test_rows() const final { return kHeldOutRows; }
  void test_row(int64_t index, std::span<int32_t> row) const final {
    fill(held_out(test_, index), false, row);
  }
  std::optional<int64_t> target_bytes(std::span<const int32_t>) const final { return {}; }

 protected:
  SyntheticSource(const std::string& name, int64_t chain_seed)
      : chain_seed_(static_cast<uint64_t>(chain_seed)),
        train_(name + "/train"),
        valid_(name + "/valid"),
        test_(name + "/test") {}

  virtual void fill(Draw draw, bool training, std::span<int32_t> row) const = 0;
  Draw held_out(const std::string& purpose, int64_t index) const {
    return Draw(chain_seed_, purpose, 0, static_cast<uint64_t>(index));
  }

 private:
  static constexpr int64_t kHeldOutRows = int64_t{1} << 20;

  uint64_t chain_seed_;
  std::string train_, valid_, test_;
};

}  // namespace sinkmoe::data
