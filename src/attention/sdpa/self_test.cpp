#include "attention/sdpa/self_test.h"

#include <ATen/ATen.h>
#include <torch/csrc/autograd/autograd.h>

#include <algorithm>
#include <cmath>

#include "attention/sdpa/sdpa_ops.h"
#include "attention/softmax_attention.h"
#include "core/error.h"
#include "core/random.h"
#include "core/text/number.h"

namespace sinkmoe::attention {
namespace {

at::Tensor normal(at::IntArrayRef shape, const char* purpose) {
  at::Tensor x = at::empty(shape, at::kDouble);
  Draw draw(1, purpose);
  for (int64_t i = 0; i < x.numel(); ++i) x.data_ptr<double>()[i] = draw.normal();
  return x;
}

// Values that `type` represents exactly, so that both sides get the same inputs.
std::vector<at::Tensor> inputs(SinkMode mode, at::ScalarType type, const TestShape& n) {
  const auto [H, J, T, K, B] = n;
  std::vector<at::Tensor> x{normal({B, T, H, K}, "self_test/q").transpose(1, 2),
                            normal({B, T, J, K}, "self_test/k").transpose(1, 2),
                            normal({B, T, J, K}, "self_test/v").transpose(1, 2)};
  // Gates from nearly closed to nearly open.
  x[1].select(2, 0).mul_(2);
  if (mode == SinkMode::logit) x.push_back(at::linspace(-1, 8, H, at::kDouble));
  for (at::Tensor& t : x) t = t.to(type).to(at::kDouble);
  return x;
}

using Op = AttentionOut (*)(const at::Tensor&, const at::Tensor&, const at::Tensor&, double,
                            SinkMode, const at::Tensor&);

// out, gate and all gradients of a loss on both, in fp64.
std::vector<at::Tensor> evaluate(Op op, SinkMode mode, const std::vector<at::Tensor>& x,
                                 at::ScalarType round_to, at::TensorOptions options) {
  const int64_t B = x[0].size(0), H = x[0].size(1), T = x[0].size(2), K = x[0].size(3);
  std::vector<at::Tensor> leaves;
  for (const at::Tensor& t : x) leaves.push_back(t.to(options).detach().set_requires_grad(true));
  const AttentionOut r = op(leaves[0], leaves[1], leaves[2], 1 / std::sqrt(static_cast<double>(K)),
                            mode, leaves.size() > 3 ? leaves[3] : at::Tensor());
  const at::Tensor d_out =
      normal({B, T, H, K}, "self_test/d_out").transpose(1, 2).to(round_to).to(options);
  const at::Tensor d_gate = normal({B, H, T}, "self_test/d_gate").to(r.gate_BHT.options());
  std::vector<at::Tensor> all{r.out_BHTK.detach(), r.gate_BHT.detach()};
  for (const at::Tensor& g :
       torch::autograd::grad({r.out_BHTK, r.gate_BHT}, leaves, {d_out, d_gate}))
    all.push_back(g);
  for (at::Tensor& t : all) t = t.to(at::kDouble);
  return all;
}

}  // namespace

SelfTest self_test_attention(at::Device device, at::ScalarType type, const TestShape& shape) {
  const at::TensorOptions options = at::TensorOptions(device).dtype(type);
  SelfTest result{.op = sdpa::name(sdpa::sdpa_op(at::empty({1, 1, 1, shape.K}, options))),
                  .bound = type == at::kDouble  ? 1e-12
                           : type == at::kFloat ? 5e-6
                                                : 2e-2};
  for (const SinkMode mode : {SinkMode::first_key, SinkMode::logit}) {
    const std::vector<at::Tensor> x = inputs(mode, type, shape);
    const auto got = evaluate(softmax_attention, mode, x, type, options);
    const auto expected = evaluate(explicit_attention, mode, x, type, options.dtype(at::kDouble));
    for (size_t i = 0; i < got.size(); ++i) {
      const double error = ((got[i] - expected[i]).norm() / expected[i].norm()).item<double>();
      // A NaN must not look like a small error.
      result.error = std::isfinite(error) ? std::max(result.error, error) : INFINITY;
    }
  }
  return result;
}

namespace {

// The result of one test, in words.
struct Tried {
  bool passed = false;
  std::string text;
};

Tried try_op(bool cudnn, const std::function<SelfTest(bool)>& test) {
  try {
    const SelfTest result = test(cudnn);
    return {result.passed(), result.op + (result.passed() ? " passed" : " failed") +
                                 " its gradient test: error " + shortest(result.error) +
                                 ", bound " + shortest(result.bound)};
  } catch (const std::exception& e) {
    const std::string what = e.what();
    return {false, std::string(cudnn ? "cudnn" : "the exact op") +
                       " failed its gradient test: " + what.substr(0, what.find('\n'))};
  }
}

}  // namespace

Admission admit(bool fast, const std::function<SelfTest(bool cudnn)>& test) {
  std::string refused;
  for (const bool cudnn : {true, false}) {
    if (cudnn && !fast) continue;
    const Tried tried = try_op(cudnn, test);
    if (tried.passed) return {cudnn, tried.text + (refused.empty() ? "" : " (" + refused + ")")};
    refused += (refused.empty() ? "" : "; ") + tried.text;
  }
  throw Error("no attention op of this GPU can be trusted: " + refused, "",
              "use run.device=cpu, or another driver or GPU");
}

Admission admit_attention(at::Device device, at::ScalarType type, const TestShape& of_run,
                          bool fast) {
  // The explicit form may take some 40 GB, no more: very long contexts are tested up to there.
  constexpr double kMostScores = 1 << 29;
  TestShape large = of_run;
  large.T = std::min(large.T,
                     static_cast<int64_t>(std::sqrt(kMostScores / static_cast<double>(of_run.H))));
  const Admission admitted = admit(fast, [&](bool cudnn) {
    sdpa::allow_cudnn(cudnn);
    SelfTest test = self_test_attention(device, type, {.K = of_run.K});
    if (test.passed())
      test.error = std::max(test.error, self_test_attention(device, type, large).error);
    return test;
  });
  sdpa::allow_cudnn(admitted.cudnn);
  return admitted;
}

}  // namespace sinkmoe::attention
