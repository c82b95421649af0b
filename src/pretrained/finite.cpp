#include "pretrained/finite.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "core/error.h"

namespace sinkmoe::pretrained {

namespace {

constexpr uint64_t kCheckedPiece = uint64_t{4} << 20;

// The first number whose bits of `mask` are all set: an exponent of ones means NaN or infinity.
template <class Word>
std::optional<uint64_t> first_with(Word mask, std::span<const std::byte> bytes) {
  for (size_t i = 0; i + sizeof(Word) <= bytes.size(); i += sizeof(Word)) {
    Word word;
    std::memcpy(&word, bytes.data() + i, sizeof word);
    if ((word & mask) == mask) return i / sizeof(Word);
  }
  return {};
}

}  // namespace

std::optional<uint64_t> first_not_finite(const std::string& dtype,
                                         std::span<const std::byte> bytes) {
  if (dtype == "F32") return first_with<uint32_t>(0x7f800000, bytes);
  if (dtype == "BF16") return first_with<uint16_t>(0x7f80, bytes);
  return first_with<uint16_t>(0x7c00, bytes);
}

FiniteCheck::FiniteCheck(const Model& model) : model_(model) {
  for_each_tensor(model.architecture, [&](const TensorRef& ref) {
    if (!ref.bytes) read_[ref.name] = Kind::numbers;
  });
  for (const Layer& layer : model.architecture.layers)
    for (const ExpertMatrices* m : {&layer.experts.gate_up, &layer.experts.down})
      if (m->scales.exists()) read_[m->scales.name] = Kind::scales;
}

void FiniteCheck::operator()(const std::string& name, uint64_t offset,
                             std::span<const std::byte> bytes) const {
  const auto it = read_.find(name);
  if (it == read_.end()) return;
  const weights::TensorEntry& entry = model_.weights.entry(name);
  const bool scales = it->second == Kind::scales;
  const std::optional<uint64_t> found =
      scales ? first_with<uint8_t>(0xff, bytes) : first_not_finite(entry.dtype, bytes);
  const uint64_t number_bytes = scales ? 1 : entry.dtype == "F32" ? 4 : 2;
  if (!found) return;
  uint64_t columns = 1;
  for (size_t d = 1; d < entry.shape.size(); ++d) columns *= static_cast<uint64_t>(entry.shape[d]);
  throw Error("holds NaN or infinity in row " +
                  std::to_string((offset / number_bytes + *found) / columns) + " of " +
                  std::to_string(entry.shape.empty() ? 1 : entry.shape[0]),
              model_.weights.where(name), "the weights are damaged: fetch them again");
}

void FiniteCheck::whole(const std::string& name) const {
  const weights::TensorEntry& entry = model_.weights.entry(name);
  const uint64_t bytes = entry.end - entry.begin;
  std::vector<std::byte> piece(std::min(bytes, kCheckedPiece));
  for (uint64_t at = 0; at < bytes; at += piece.size()) {
    const std::span<std::byte> part(piece.data(), std::min<uint64_t>(piece.size(), bytes - at));
    model_.weights.read(name, at, part);
    (*this)(name, at, part);
  }
}

}  // namespace sinkmoe::pretrained
