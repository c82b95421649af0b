// One test for every backend of an operation: outputs, first derivatives and second derivatives against
// the reference form in fp64, over types, layouts and cotangents.
#pragma once

#include <ATen/ATen.h>
#include <gtest/gtest.h>
#include <torch/csrc/autograd/autograd.h>

#include <functional>
#include <iostream>
#include <string>
#include <vector>

#include "core/random.h"
#include "tensor/backends.h"
#include "tensor/device.h"

namespace sinkmoe::testing {

using Tensors = std::vector<at::Tensor>;
using Function = std::function<Tensors(const Tensors& inputs)>;

// Largest relative error (norm-wise) that a type may show.
struct Bounds {
  double fp64 = 1e-12, fp32 = 2e-6, bf16 = 1e-2;
  double of(at::ScalarType type) const {
    return type == at::kDouble ? fp64 : type == at::kFloat ? fp32 : bf16;
  }
};

struct Conformance {
  std::string what;
  Function op, reference;
  Tensors inputs;  // fp64; differentiated by all of them
  // Inputs from this one on are weights: fp32 where activations are bf16.
  size_t weights_from = 1000;
  Bounds bounds = {};
};

inline at::Tensor random_fp64(at::IntArrayRef shape, uint64_t seed) {
  at::Tensor x = at::empty(shape, at::kDouble);
  Draw draw(seed, "conformance");
  for (int64_t i = 0; i < x.numel(); ++i) x.data_ptr<double>()[i] = draw.normal();
  return x;
}

// ||a - b|| / ||b|| in fp64, the difference itself where b is zero to rounding.
inline double distance(const at::Tensor& a, const at::Tensor& b) {
  const at::Tensor wide = b.cpu().to(at::kDouble);
  const double difference = (a.cpu().to(at::kDouble) - wide).norm().item<double>(),
               size = wide.norm().item<double>();
  return size > 1e-10 ? difference / size : difference;
}

namespace conformance {

enum class Layout { contiguous, last_is_not_dense };
enum class Cotangent { random, expanded, with_empty_rows };

inline at::Tensor laid_out(const at::Tensor& x, Layout layout) {
  if (layout == Layout::contiguous || x.dim() < 2) return x.contiguous();
  return x.transpose(-1, -2).contiguous().transpose(-1, -2);
}

inline at::Tensor cotangent(const at::Tensor& output, Cotangent kind, uint64_t seed) {
  if (kind == Cotangent::expanded) return at::ones({}, at::kDouble).expand(output.sizes());
  at::Tensor d = random_fp64(output.sizes(), seed);
  if (kind == Cotangent::with_empty_rows && d.dim() >= 2)
    for (const int64_t row : {int64_t{0}, d.size(-2) / 2, d.size(-2) - 1})
      if (d.size(-2) > 3 || row == d.size(-2) / 2) d.select(-2, row).zero_();
  return d;
}

struct Derivatives {
  Tensors outputs, gradients;
};

// Differentiates the sum of the outputs in `used`, each times its cotangent.
inline Derivatives differentiate(const Function& f, const Tensors& inputs,
                                 const std::vector<size_t>& used, Cotangent kind) {
  Tensors leaves;
  for (const at::Tensor& x : inputs) leaves.push_back(x.detach().set_requires_grad(true));
  Derivatives out{.outputs = f(leaves), .gradients = {}};
  Tensors roots, cotangents;
  for (const size_t i : used) {
    roots.push_back(out.outputs[i]);
    const at::Tensor d = cotangent(out.outputs[i].detach().cpu(), kind, 100 + i);
    cotangents.push_back(d.to(out.outputs[i].options()));
  }
  out.gradients = torch::autograd::grad(roots, leaves, cotangents, std::nullopt, false, true);
  for (size_t i = 0; i < leaves.size(); ++i)
    if (!out.gradients[i].defined()) out.gradients[i] = at::zeros_like(leaves[i]);
  return out;
}

// Gradient of the sum of the squares of the first gradients; empty when the op refuses.
inline Tensors second_derivatives(const Function& f, const Tensors& inputs) {
  Tensors leaves;
  for (const at::Tensor& x : inputs) leaves.push_back(x.detach().set_requires_grad(true));
  try {
    at::Tensor sum = at::zeros({}, leaves[0].options());
    for (const at::Tensor& output : f(leaves)) sum = sum + output.square().sum();
    const Tensors first =
        torch::autograd::grad({sum}, leaves, {}, true, /*create_graph=*/true, true);
    at::Tensor squares = at::zeros({}, leaves[0].options());
    for (const at::Tensor& g : first)
      if (g.defined()) squares = squares + g.square().sum();
    return torch::autograd::grad({squares}, leaves, {}, std::nullopt, false, true);
  } catch (const std::exception&) {
    return {};
  }
}

inline void expect_near(const Tensors& got, const Tensors& expected, double bound,
                        const char* part) {
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < got.size(); ++i) {
    ASSERT_EQ(got[i].sizes(), expected[i].sizes()) << part << " " << i;
    EXPECT_LE(distance(got[i], expected[i]), bound) << part << " " << i;
  }
}

inline void check_type(const Conformance& c, at::Device device, at::ScalarType type) {
  const double bound = c.bounds.of(type);
  for (const Layout layout : {Layout::contiguous, Layout::last_is_not_dense}) {
    Tensors narrow, wide;
    for (size_t i = 0; i < c.inputs.size(); ++i) {
      const bool master = i >= c.weights_from && type == at::kBFloat16;
      narrow.push_back(laid_out(c.inputs[i].to(master ? at::kFloat : type), layout).to(device));
      wide.push_back(narrow.back().cpu().to(at::kDouble));
    }
    std::vector<std::vector<size_t>> uses{{}};
    const size_t outputs = c.reference(wide).size();
    for (size_t i = 0; i < outputs; ++i) uses[0].push_back(i);
    for (size_t i = 0; i < outputs && outputs > 1; ++i) uses.push_back({i});
    for (const auto& used : uses)
      for (const Cotangent kind :
           {Cotangent::random, Cotangent::expanded, Cotangent::with_empty_rows}) {
        SCOPED_TRACE("layout " + std::to_string(static_cast<int>(layout)) + ", cotangent " +
                     std::to_string(static_cast<int>(kind)) + ", outputs from " +
                     std::to_string(used[0]) + " to " + std::to_string(used.back()));
        const Derivatives got = differentiate(c.op, narrow, used, kind),
                          expected = differentiate(c.reference, wide, used, kind);
        expect_near(got.outputs, expected.outputs, bound, "output");
        expect_near(got.gradients, expected.gradients, bound, "gradient of input");
      }
    if (const Tensors second = second_derivatives(c.op, narrow); !second.empty())
      expect_near(second, second_derivatives(c.reference, wide), 10 * bound, "second derivative");
  }
}

inline void check_not_a_number(const Conformance& c, at::Device device, at::ScalarType type) {
  Tensors inputs;
  for (size_t i = 0; i < c.inputs.size(); ++i) inputs.push_back(c.inputs[i].to(type).to(device));
  inputs[0] = inputs[0].clone(at::MemoryFormat::Contiguous);
  inputs[0].view(-1).narrow(0, inputs[0].numel() - 1, 1).fill_(NAN);
  bool seen = false;
  for (const at::Tensor& output : c.op(inputs)) seen |= output.isnan().any().item<bool>();
  EXPECT_TRUE(seen) << "a NaN in the last number of the first input disappears";
}

inline bool takes(const tensor::BackendInfo& info, at::ScalarType type) {
  return info.types.empty() ||
         std::find(info.types.begin(), info.types.end(), type) != info.types.end();
}

}  // namespace conformance

// Every case by every type that is asked for, for an op without a table of backends.
inline void expect_conformance(const Conformance& c, const std::vector<at::ScalarType>& types) {
  for (const at::ScalarType type : types) {
    SCOPED_TRACE(c.what + ", " + at::toString(type));
    conformance::check_type(c, at::kCPU, type);
  }
}

// Every backend of Op that this machine can run, in each of its types. CUDA kernels take part on the
// processor where the test includes them (tensor/cuda/language.h), and on a GPU where there is one.
template <class Op>
void expect_every_backend_conforms(const std::vector<Conformance>& cases) {
  for (const at::DeviceType device : {at::kCPU, at::kCUDA}) {
    for (const tensor::BackendInfo& info : tensor::backends_on<Op>(device)) {
      if (device == at::kCUDA && info.device != at::kCUDA) continue;
      if (std::string why; device == at::kCUDA && !tensor::cuda_ready(&why)) {
        std::cout << Op::name << ": backend " << info.name << " is not run: " << why << "\n";
        continue;
      }
      const tensor::ForcedBackend<Op> forced(info.name);
      for (const Conformance& c : cases)
        for (const at::ScalarType type : {at::kDouble, at::kFloat, at::kBFloat16}) {
          if (!conformance::takes(info, type)) continue;
          SCOPED_TRACE(c.what + ", backend " + info.name + ", " + at::toString(type));
          conformance::check_type(c, device, type);
          if (&c == &cases[0]) conformance::check_not_a_number(c, device, type);
        }
    }
  }
}

// The names of the backends that take part.
template <class Op>
std::vector<std::string> backend_names() {
  std::vector<std::string> out;
  for (const tensor::BackendInfo& info : tensor::backends_on<Op>(at::kCPU))
    out.push_back(info.name);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace sinkmoe::testing
