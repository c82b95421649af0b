// Forward and backward pass of models with the shapes of configs/model/: one layer and a short context, with every CUDA
// kernel of ours run on the processor (support/kernels_on_cpu.h), in fp32 and bf16, against plain ops in fp32.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "attention/gate_multiply.h"
#include "attention/sdpa/sdpa_fixups.h"
#include "model/decoder.h"
#include "model/ops/cross_entropy.h"
#include "model/ops/feed_forward.h"
#include "model/ops/rms_norm.h"
#include "model/ops/rotary.h"

// The kernels of the decoder are those of the other tests of this program.
#define SINKMOE_KERNELS_ON_CPU
#define cuda cuda_on_cpu  // the kernels of a CUDA build keep their names to themselves
#include "attention/cuda/gate.cu"
#include "attention/cuda/gate_multiply_cuda.cpp"
#include "attention/cuda/row_kernels.cu"
#include "attention/cuda/sdpa_fixups_cuda.cpp"
#undef cuda

namespace sinkmoe::model {
namespace {

// All operations of one backend; attention by the op of LibTorch.
struct Forced {
  explicit Forced(const std::string& name)
      : gate(name), attention("sdpa"), fixups(name), loss(name), norm(name), rotary(name) {}
  tensor::ForcedBackend<attention::GateMultiply> gate;
  tensor::ForcedBackend<attention::SoftmaxAttention> attention;
  tensor::ForcedBackend<attention::fixups::SdpaFixups> fixups;
  tensor::ForcedBackend<CrossEntropy> loss;
  tensor::ForcedBackend<RmsNorm> norm;
  tensor::ForcedBackend<Rotary> rotary;
  tensor::ForcedBackend<Activation> activation{"plain"};
};

struct Result {
  double loss;
  at::Tensor grad_n;
};

Result pass(const config::RunConfig& config, int64_t V, const std::string& backend) {
  const Forced forced(backend);
  const Decoder model(config, V, at::kCPU);
  const int64_t B = config.train.batch, T = config.data.context;
  const at::Tensor id_N = at::arange(B * T, at::kLong) * 7919 % V;
  const DecoderOut out = model.forward(id_N.view({B, T}));
  const bool narrow = out.hidden_NC.scalar_type() == at::kBFloat16;
  const tensor::Bf16Weights bf16(narrow ? &model.params() : nullptr);
  at::Tensor total =
      linear_cross_entropy(out.hidden_NC, model.output_weight_VC(), (id_N + 1).remainder(V));
  const double loss = total.item<double>();
  for (const at::Tensor& gate_BHT : out.gates_BHT) total = total + gate_BHT.square().mean();
  total.backward();
  return {loss, model.params().flat_grad().clone()};
}

struct Shape {
  std::string name, kind;
  int64_t width, heads, kv_heads, vocabulary;
  config::Mlp mlp;
  bool qk_norm, tied;
};

class EmulatedShapes : public ::testing::TestWithParam<Shape> {};

TEST_P(EmulatedShapes, GradientsAreThoseOfPlainOps) {
  const Shape& shape = GetParam();
  config::RunConfig c;
  c.model.layers = 1;
  c.model.width = shape.width;
  c.model.heads = shape.heads;
  c.model.kv_heads = shape.kv_heads;
  c.model.mlp = shape.mlp;
  c.model.qk_norm = shape.qk_norm;
  c.model.tie_embeddings = shape.tied;
  c.attention.kind = shape.kind;
  c.data.context = 12;
  c.train.batch = 2;
  const Result expected = pass(c, shape.vocabulary, "plain");
  for (const auto& [precision, bound] :
       {std::pair(config::Precision::fp32, 1e-5), {config::Precision::bf16, 3e-2}}) {
    c.run.precision = precision;
    const Result got = pass(c, shape.vocabulary, "cuda on cpu");
    EXPECT_NEAR(got.loss, expected.loss, bound);
    const at::Tensor difference = got.grad_n - expected.grad_n;
    EXPECT_LE(difference.norm().item<double>(), bound * expected.grad_n.norm().item<double>())
        << name_of(precision);
  }
}

// GPT-2 with its vocabulary; the others with a small one, which is not a multiple of 64.
INSTANTIATE_TEST_SUITE_P(
    Models, EmulatedShapes,
    ::testing::Values(
        Shape{"gpt2", "vanilla", 768, 12, 0, 50257, config::Mlp::gelu, false, true},
        Shape{"gpt2_medium", "gated", 1024, 16, 0, 200, config::Mlp::gelu, false, true},
        Shape{"sinks_0_6b", "sink", 1280, 10, 0, 200, config::Mlp::relu2, true, false},
        Shape{"shared_keys", "vanilla", 1024, 16, 4, 200, config::Mlp::swiglu, false, false}),
    [](const auto& instance) { return instance.param.name; });

}  // namespace
}  // namespace sinkmoe::model
