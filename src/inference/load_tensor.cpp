#include "inference/load_tensor.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "core/error.h"

namespace sinkmoe::inference {

using pretrained::Checkpoint;
using pretrained::Dtype;
using pretrained::TensorRef;

namespace {

at::ScalarType type_of(Dtype dtype) {
  switch (dtype) {
    case Dtype::f16:
      return at::kHalf;
    case Dtype::bf16:
      return at::kBFloat16;
    default:
      return at::kFloat;
  }
}

// x: the rows of the file's tensor from `first_row` on.
void check_finite(const at::Tensor& x, const Checkpoint& weights, const TensorRef& ref,
                  int64_t first_row = 0) {
  if (x.numel() == 0) return;
  const auto [low, high] = at::aminmax(x);  // a NaN anywhere shows in both
  if (std::isfinite(low.item<float>()) && std::isfinite(high.item<float>())) return;
  const int64_t row = at::isfinite(x).logical_not().nonzero().flatten()[0].item<int64_t>();
  throw Error("holds NaN or infinity in row " + std::to_string(first_row + row) + " of " +
                  std::to_string(ref.shape.empty() ? 1 : ref.shape[0]),
              weights.where(ref.name), "the weights are damaged: fetch them again");
}

// Numbers of the given shape from `first_number` on, in their stored type.
at::Tensor read_stored(const Checkpoint& weights, const TensorRef& ref, int64_t first_number,
                       const std::vector<int64_t>& shape) {
  const at::ScalarType type = ref.bytes ? at::kByte : type_of(weights.dtype(ref.name));
  const at::Tensor raw = at::empty(shape, at::TensorOptions().dtype(type));
  weights.read(ref.name, static_cast<uint64_t>(first_number) * raw.element_size(),
               {static_cast<std::byte*>(raw.mutable_data_ptr()), raw.nbytes()});
  return raw;
}

at::Tensor read(const Checkpoint& weights, const TensorRef& ref, int64_t first_number,
                const std::vector<int64_t>& shape) {
  const at::Tensor wide = read_stored(weights, ref, first_number, shape).to(at::kFloat);
  const int64_t columns = shape.empty() || shape[0] == 0 ? 1 : wide.numel() / shape[0];
  check_finite(wide, weights, ref, first_number / std::max<int64_t>(columns, 1));
  return wide;
}

// From the form of the file to the rows of this reference, [out, in].
at::Tensor arranged(at::Tensor x, const TensorRef& ref) {
  if (ref.transposed) x = x.t();
  if (ref.parts > 1) {
    const int64_t rows = x.size(0) / (ref.groups * ref.parts);
    std::vector<int64_t> split{ref.groups, ref.parts, rows}, joined{ref.groups * rows};
    if (x.dim() == 2) split.push_back(x.size(1)), joined.push_back(x.size(1));
    x = x.reshape(split).select(1, ref.part).reshape(joined);
  }
  return x.contiguous();
}

// A or B of adapters, in fp32.
at::Tensor half(const pretrained::Adapters& adapters, const weights::TensorEntry& entry) {
  const at::ScalarType type = entry.dtype == "F32"   ? at::kFloat
                              : entry.dtype == "F16" ? at::kHalf
                                                     : at::kBFloat16;
  const at::Tensor raw = at::empty(entry.shape, at::TensorOptions().dtype(type));
  adapters.file().read(entry, 0, {static_cast<std::byte*>(raw.mutable_data_ptr()), raw.nbytes()});
  return raw.to(at::kFloat);
}

}  // namespace

at::Tensor load_tensor(const Checkpoint& weights, const TensorRef& ref) {
  return ref.exists() ? arranged(read(weights, ref, 0, ref.shape), ref) : at::Tensor();
}

at::Tensor load_weight(const pretrained::Model& model, const TensorRef& ref) {
  const pretrained::Adapters* adapters = model.adapters.get();
  const pretrained::Adapters::Pair* pair = adapters ? adapters->find(ref.name) : nullptr;
  if (!pair) return load_tensor(model.weights, ref);
  const at::Tensor stored = read(model.weights, ref, 0, ref.shape);
  const at::Tensor change =
      at::mm(half(*adapters, *pair->B), half(*adapters, *pair->A)).mul_(adapters->config().scale());
  return arranged(stored + (ref.transposed ? change.t() : change), ref);
}

at::Tensor load_stored(const Checkpoint& weights, const TensorRef& ref) {
  if (!ref.exists()) return {};
  at::Tensor x = read_stored(weights, ref, 0, ref.shape);
  if (!ref.bytes && x.dim() < 3) check_finite(x.to(at::kFloat), weights, ref);
  if (!ref.bytes && x.dim() >= 3)
    for (int64_t i = 0; i < x.size(0); ++i)
      check_finite(x[i].unsqueeze(0).to(at::kFloat), weights, ref, i);
  return x;
}

at::Tensor load_rows(const Checkpoint& weights, const TensorRef& ref, int64_t begin,
                     int64_t count) {
  const int64_t columns = ref.shape.at(1);
  return read(weights, ref, begin * columns, {count, columns});
}

}  // namespace sinkmoe::inference
