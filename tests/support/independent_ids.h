// A data source for vocabularies that are too large for the synthetic chains.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "core/random.h"
#include "data/source.h"

namespace sinkmoe::testing {

// Independent ids. Small ids are frequent, so that the loss falls within some steps.
class IndependentIds : public data::DataSource {
 public:
  explicit IndependentIds(int64_t vocabulary) : vocabulary_(vocabulary) {}
  int64_t vocabulary() const override { return vocabulary_; }
  int32_t bos() const override { return static_cast<int32_t>(vocabulary_ - 1); }
  void train_row(uint64_t seed, int64_t step, int64_t index,
                 std::span<int32_t> row) const override {
    Draw draw(seed, "ids", static_cast<uint64_t>(step), static_cast<uint64_t>(index));
    const auto top = static_cast<uint64_t>(vocabulary_ - 1);
    for (int32_t& id : row) id = static_cast<int32_t>(draw.below(draw.below(top) + 1));
    row[0] = bos();
  }
  int64_t eval_rows() const override { return 64; }
  void eval_row(int64_t index, std::span<int32_t> row) const override {
    train_row(1, 0, index, row);
  }
  std::optional<int64_t> target_bytes(std::span<const int32_t>) const override { return {}; }
  std::string content_hash() const override { return "independent ids"; }

 private:
  int64_t vocabulary_;
};

}  // namespace sinkmoe::testing
