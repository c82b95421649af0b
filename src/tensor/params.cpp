#include "tensor/params.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>

#include <stdexcept>
#include <utility>

#include "core/random.h"

namespace sinkmoe::tensor {
namespace {

constexpr int64_t kAlignBytes = 64;  // a cache line, and the widest vector register

int64_t elements(const ParamSpec& spec) {
  int64_t n = 1;
  for (const int64_t size : spec.shape) n *= size;
  return n;
}

template <class T>
void draw_normal(T* out, int64_t n, double std, uint64_t seed, const std::string& name) {
  Draw draw(seed, "init/" + name);
  for (int64_t i = 0; i < n; ++i) out[i] = static_cast<T>(std * draw.normal());
}

void fill(const ParamSet::Entry& entry, const at::Tensor& slot, uint64_t seed) {
  const ParamSpec& spec = entry.spec;
  if (spec.init == ParamSpec::Init::constant) {
    slot.fill_(spec.value);
  } else if (slot.scalar_type() == at::kFloat) {
    draw_normal(slot.data_ptr<float>(), slot.numel(), spec.value, seed, spec.name);
  } else {
    draw_normal(slot.data_ptr<double>(), slot.numel(), spec.value, seed, spec.name);
  }
}

}  // namespace

const at::Tensor& ParamSet::add(ParamSpec spec) {
  if (flat_.defined()) throw std::logic_error("ParamSet::add after materialise: " + spec.name);
  for (const Entry& entry : entries_)
    if (entry.spec.name == spec.name)
      throw std::invalid_argument("ParamSet: parameter '" + spec.name + "' declared twice");
  Entry& entry = entries_.emplace_back();
  entry.spec = std::move(spec);
  return entry.value;
}

void ParamSet::materialise(uint64_t seed, at::Device device, at::ScalarType dtype) {
  if (flat_.defined()) throw std::logic_error("ParamSet::materialise called twice");
  if (dtype != at::kFloat && dtype != at::kDouble)
    throw std::invalid_argument("ParamSet: parameters are fp32 or fp64");
  const int64_t align = kAlignBytes / static_cast<int64_t>(c10::elementSize(dtype));
  int64_t end = 0;
  for (const bool decay : {true, false}) {
    for (Entry& entry : entries_) {
      if (entry.spec.decay != decay) continue;
      entry.offset = end;
      end += (elements(entry.spec) + align - 1) / align * align;
    }
    if (decay) decayed_ = end;
  }

  // Drawn on the CPU for every device, so that a seed gives the same weights everywhere.
  const at::Tensor drawn = at::zeros({end}, dtype);
  at::parallel_for(0, static_cast<int64_t>(entries_.size()), 1, [&](int64_t from, int64_t to) {
    for (int64_t i = from; i < to; ++i)
      fill(entries_[i], drawn.narrow(0, entries_[i].offset, elements(entries_[i].spec)), seed);
  });
  flat_ = drawn.to(device);
  flat_grad_ = at::zeros_like(flat_);
  for (Entry& entry : entries_) {
    const auto slot = [&](const at::Tensor& flat) {
      return flat.narrow(0, entry.offset, elements(entry.spec)).view(entry.spec.shape).detach();
    };
    entry.value = slot(flat_).set_requires_grad(true);
    entry.value.mutable_grad() = slot(flat_grad_);
  }
}

void ParamSet::freeze() {
  for (Entry& entry : entries_) {
    entry.value.mutable_grad() = at::Tensor();
    entry.value.set_requires_grad(false);
  }
  flat_grad_ = at::empty({0}, flat_grad_.options());
}

int64_t ParamSet::count() const {
  int64_t n = 0;
  for (const Entry& entry : entries_) n += elements(entry.spec);
  return n;
}

}  // namespace sinkmoe::tensor
