// NaN and infinity in the weights of a model, found by their bits, so that it needs no LibTorch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>

#include "pretrained/checkpoint.h"

namespace sinkmoe::pretrained {

// The index of the first NaN or infinity among numbers of type F32, F16 or BF16.
std::optional<uint64_t> first_not_finite(const std::string& dtype,
                                         std::span<const std::byte> bytes);

// Checks the tensors that the architecture reads; others (masks, a vision part) may hold anything.
class FiniteCheck {
 public:
  explicit FiniteCheck(const Model& model);  // the model must outlive this object
  // `bytes` are whole numbers of the tensor from byte `offset` on. Throws Error that names the file,
  // the tensor and the row.
  void operator()(const std::string& name, uint64_t offset, std::span<const std::byte> bytes) const;
  // Reads and checks a whole tensor.
  void whole(const std::string& name) const;

 private:
  enum class Kind { numbers, scales };  // scales: of MXFP4, one byte each
  const Model& model_;
  std::map<std::string, Kind> read_;
};

}  // namespace sinkmoe::pretrained
