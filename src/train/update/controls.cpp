#include "train/update/controls.h"

#include <ATen/ATen.h>

#include <span>

#include "core/random.h"

namespace sinkmoe::train {

// The draw depends on the first row, so that micro-batches do not share a permutation.
void shuffle_targets(const at::Tensor& target_N, uint64_t seed, int64_t step, int64_t first_row) {
  Draw draw(seed, "shuffled targets", static_cast<uint64_t>(step),
            static_cast<uint64_t>(first_row));
  shuffle(draw, std::span(target_N.data_ptr<int64_t>(), static_cast<size_t>(target_N.numel())));
}

bool is_attention(const std::string& parameter) {
  return parameter.find(".self_attn.") != std::string::npos;
}

FrozenParams::FrozenParams(const tensor::ParamSet& params,
                           const std::function<bool(const std::string&)>& chosen) {
  for (const tensor::ParamSet::Entry& entry : params.entries()) {
    if (!chosen(entry.spec.name)) continue;
    const at::Tensor value = entry.value.detach();
    slices_.push_back({value, entry.value.grad(), value.clone()});
  }
}

void FrozenParams::clear_gradients() const {
  for (const Slice& slice : slices_) at::Tensor(slice.gradient).zero_();
}

void FrozenParams::restore() const {
  for (const Slice& slice : slices_) at::Tensor(slice.value).copy_(slice.kept);
}

int64_t FrozenParams::count() const {
  int64_t count = 0;
  for (const Slice& slice : slices_) count += slice.kept.numel();
  return count;
}

}  // namespace sinkmoe::train
