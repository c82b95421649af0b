// Random draws as a pure function of (seed, purpose, step, index). There is no generator state to
// save, and an extra draw in one place changes nothing elsewhere. Philox4x32-10 (Salmon et al., SC
// 2011, "Parallel random numbers: as easy as 1, 2, 3").
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace sinkmoe {

// The ten-round Philox block: 128-bit counter, 64-bit key -> four 32-bit words.
std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

// A stream of draws for one (seed, purpose, step, index). Cheap to create; gives its draws in
// order.
class Draw {
 public:
  // `purpose` is a constant name such as "rows" or "init/model.embed"; it is hashed (FNV-1a, 64
  // bit).
  Draw(uint64_t seed, std::string_view purpose, uint64_t step = 0, uint64_t index = 0);
  uint32_t next32();
  uint64_t next64() { return (static_cast<uint64_t>(next32()) << 32) | next32(); }
  uint64_t below(uint64_t n);  // uniform in [0, n), unbiased; n >= 1
  double uniform();            // in [0, 1), 53 bits
  double normal();             // standard normal, Box-Muller

 private:
  std::array<uint32_t, 4> counter_;
  std::array<uint32_t, 2> key_;
  std::array<uint32_t, 4> block_{};
  int used_ = 4;
};

// Shuffles uniformly, in place (Fisher-Yates, from the end).
template <class T>
void shuffle(Draw& draw, std::span<T> values) {
  for (size_t i = values.size(); i > 1; --i) std::swap(values[i - 1], values[draw.below(i)]);
}

}  // namespace sinkmoe
