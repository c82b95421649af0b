// Draws from many discrete distributions over the same symbols in constant time (Walker's alias
// method).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace sinkmoe::data {

class AliasTable {
 public:
  // `weights` holds rows of `width` non-negative weights. Each row has a positive sum, not
  // necessarily 1.
  AliasTable(std::span<const double> weights, int64_t width);

  // One symbol of distribution `row` from 64 random bits. The upper part of bits * width picks a
  // column, the lower part decides between the column's own symbol and its alias, so each
  // probability is exact to about width / 2^64.
  int32_t draw(int64_t row, uint64_t bits) const {
    const auto product = static_cast<unsigned __int128>(bits) * static_cast<uint64_t>(width_);
    const auto column = static_cast<int64_t>(product >> 64);
    const Entry& entry = entries_[static_cast<size_t>(row * width_ + column)];
    return static_cast<uint64_t>(product) < entry.own ? static_cast<int32_t>(column) : entry.alias;
  }

 private:
  struct Entry {
    uint64_t own;   // share of the column that is its own symbol, times 2^64
    int32_t alias;  // the symbol of the rest
  };
  void fill_row(std::span<const double> weights, std::span<Entry> entries) const;

  int64_t width_;
  std::vector<Entry> entries_;
};

}  // namespace sinkmoe::data
