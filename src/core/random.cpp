#include "core/random.h"

#include <cmath>
#include <numbers>

namespace sinkmoe {

namespace {
uint64_t fnv1a(std::string_view text) {
  uint64_t h = 14695981039346656037ull;
  for (unsigned char c : text) h = (h ^ c) * 1099511628211ull;
  return h;
}

// SplitMix64's finaliser: spreads the bits of a 64-bit word.
uint64_t mix(uint64_t z) {
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}
}  // namespace

std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> c, std::array<uint32_t, 2> k) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53} * c[0], p1 = uint64_t{0xCD9E8D57} * c[2];
    c = {static_cast<uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<uint32_t>(p1),
         static_cast<uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<uint32_t>(p0)};
    k[0] += 0x9E3779B9;
    k[1] += 0xBB67AE85;
  }
  return c;
}

// The key holds seed and purpose; the upper counter words hold step and index; the lowest word
// counts blocks.
Draw::Draw(uint64_t seed, std::string_view purpose, uint64_t step, uint64_t index) {
  const uint64_t key = mix(seed + 0x9e3779b97f4a7c15ull) ^ fnv1a(purpose);
  const uint64_t high = mix(step * 0x9e3779b97f4a7c15ull + mix(index + 1));
  key_ = {static_cast<uint32_t>(key), static_cast<uint32_t>(key >> 32)};
  counter_ = {0, static_cast<uint32_t>(step) ^ static_cast<uint32_t>(index << 20),
              static_cast<uint32_t>(high), static_cast<uint32_t>(high >> 32)};
}

uint32_t Draw::next32() {
  if (used_ == 4) {
    block_ = philox4x32(counter_, key_);
    ++counter_[0];
    used_ = 0;
  }
  return block_[static_cast<size_t>(used_++)];
}

uint64_t Draw::below(uint64_t n) {
  const uint64_t limit = n * (UINT64_MAX / n);  // the largest multiple of n that fits
  uint64_t x;
  do x = next64();
  while (x >= limit);
  return x % n;
}

double Draw::uniform() { return static_cast<double>(next64() >> 11) * 0x1.0p-53; }

double Draw::normal() {
  const double u = 1.0 - uniform(), v = uniform();
  return std::sqrt(-2.0 * std::log(u)) * std::cos(2.0 * std::numbers::pi * v);
}

}  // namespace sinkmoe
