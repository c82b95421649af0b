// All trainable parameters of a model, in one flat buffer for values and one for gradients. Each
// parameter is a view of them.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

namespace sinkmoe::tensor {

struct ParamSpec {
  enum class Init { normal, constant };
  std::string name;  // as in the weights file: "model.layers.0.self_attn.q_proj.weight"
  std::vector<int64_t> shape;
  Init init = Init::normal;
  double value = 0;    // standard deviation, or the constant
  bool decay = false;  // weight decay applies (matrices)
};

class ParamSet {
 public:
  // Declares a parameter. The reference stays valid; the tensor is defined after materialise().
  const at::Tensor& add(ParamSpec spec);

  // Creates the flat buffers on `device` (fp32 unless `dtype` says otherwise; fp64 is for tests)
  // and draws initial values as Draw(seed, "init/" + name): equal for equal names and shapes,
  // whatever other parameters there are. Decayed parameters come first, so that weight decay is one
  // slice. Parameters are leaves that require gradients; their .grad are views of flat_grad().
  void materialise(uint64_t seed, at::Device device, at::ScalarType dtype = at::kFloat);

  // The parameters get no gradients any more, and the memory of flat_grad() is given back.
  void freeze();

  struct Entry {
    ParamSpec spec;
    at::Tensor value;
    int64_t offset = 0;  // in the flat buffers, in elements
  };
  const std::deque<Entry>& entries() const { return entries_; }
  const at::Tensor& flat() const { return flat_; }            // [n]
  const at::Tensor& flat_grad() const { return flat_grad_; }  // [n]; [0] if frozen
  int64_t decayed() const { return decayed_; }                // elements of the decayed slice
  int64_t count() const;                                      // parameters, padding not counted

  // A bf16 copy of flat() for forward passes in bf16, [n]. Created at the first call, and updated
  // if tensor operations have written to flat() since. Undefined for fp64 parameters.
  const at::Tensor& bf16() const;
  // The part of bf16() for `value`, a parameter of this set, in its shape; undefined for any other
  // tensor.
  at::Tensor bf16_of(const at::Tensor& value) const;
  // A kernel that has written flat() and bf16() together calls this.
  void bf16_is_current() const;

 private:
  std::deque<Entry> entries_;
  at::Tensor flat_, flat_grad_;
  int64_t decayed_ = 0;
  mutable at::Tensor bf16_;
  mutable uint32_t bf16_version_ = 0;  // version of flat_ when bf16_ was last made equal to it
};

// The weight in the type of the activations: itself, a cast, or (inside a Bf16Weights scope) the
// bf16 copy, which saves the cast. The gradient always reaches the parameter in its own type.
at::Tensor weight_as(const at::Tensor& weight, at::ScalarType type);

// While this object lives, weight_as on this thread takes bf16 weights from params.bf16(). Null: no
// effect.
class Bf16Weights {
 public:
  explicit Bf16Weights(const ParamSet* params);
  ~Bf16Weights();
  Bf16Weights(const Bf16Weights&) = delete;
  Bf16Weights& operator=(const Bf16Weights&) = delete;

 private:
  const ParamSet* outer_;
};

}  // namespace sinkmoe::tensor
