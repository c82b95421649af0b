// The same exactness on a GPU, in every mode of every op. Skips with a word where there is none.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "attention/attention_case.h"
#include "attention/fixups_outcome.h"
#include "attention/gate_multiply.h"
#include "attention/sdpa/sdpa_ops.h"
#include "attention/sdpa/self_test.h"
#include "support/gpu.h"
#include "tensor/device.h"

namespace sinkmoe::attention {
namespace {

const auto* const load_cuda = ::testing::AddGlobalTestEnvironment(new testing::LoadCuda(false));

AttentionOut on_gpu(const at::Tensor& q, const at::Tensor& k, const at::Tensor& v, double scale,
                    SinkMode mode, const at::Tensor& sink) {
  const AttentionOut r = softmax_attention(q.cuda(), k.cuda(), v.cuda(), scale, mode,
                                           sink.defined() ? sink.cuda() : sink);
  return {.out_BHTK = r.out_BHTK.cpu(), .gate_BHT = r.gate_BHT.cpu()};
}

TEST(Gpu, SinglePrecisionIsExact) {
  SKIP_WITHOUT_GPU();
  for (const SinkMode mode : {SinkMode::none, SinkMode::first_key, SinkMode::logit})
    for (const int64_t T : {2, 33, 513})
      for (const int64_t K : {16, 24, 64, 96, 128})
        for (const int64_t J : {2, 4}) {
          const Case c{.J = J, .T = T, .K = K, .mode = mode};
          const Inputs in = make_inputs(c);
          const Loss loss = mode == SinkMode::none ? Loss::out_only : Loss::both;
          expect_close(run(on_gpu, in, mode, loss, at::kFloat),
                       run(explicit_attention, in, mode, loss, at::kDouble), 5e-6,
                       "T " + std::to_string(T) + " K " + std::to_string(K));
        }
}

TEST(Gpu, EachLossAloneIsExact) {
  SKIP_WITHOUT_GPU();
  for (const SinkMode mode : {SinkMode::first_key, SinkMode::logit})
    for (const Loss loss : {Loss::out_only, Loss::gate_only}) {
      const Inputs in = make_inputs({.T = 65, .K = 64, .mode = mode});
      const Result reference = run(explicit_attention, in, mode, loss, at::kDouble);
      expect_close(run(on_gpu, in, mode, loss, at::kFloat), reference, 5e-6, "fp32");
      expect_close(run(on_gpu, in, mode, loss, at::kBFloat16), reference, 3e-2, "bf16");
    }
}

// In bf16 the op with a gate is no worse than the op of LibTorch alone, in both modes.
TEST(Gpu, Bfloat16IsAsExactAsTheOpAlone) {
  SKIP_WITHOUT_GPU();
  for (const bool fast : {false, true}) {
    sdpa::allow_cudnn(fast);
    const auto worst = [&](SinkMode mode) {
      const Loss loss = mode == SinkMode::none ? Loss::out_only : Loss::both;
      const Inputs in = make_inputs({.B = 4, .T = 513, .K = 64, .mode = mode});
      const Result got = run(on_gpu, in, mode, loss, at::kBFloat16),
                   expected = run(explicit_attention, in, mode, loss, at::kDouble);
      double largest = 0;
      for (size_t i = 0; i < 3; ++i)
        largest = std::max(largest, error(got.gradients[i], expected.gradients[i]));
      return largest;
    };
    const double alone = worst(SinkMode::none);
    EXPECT_LE(worst(SinkMode::first_key), 1.5 * alone) << fast;
    EXPECT_LE(worst(SinkMode::logit), 1.5 * alone) << fast;
  }
  sdpa::allow_cudnn(false);
}

// The kernels of the fix-ups against the plain version, both on the device.
TEST(Gpu, FixupKernelsAreThePlainVersion) {
  SKIP_WITHOUT_GPU();
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16})
    for (const int64_t T : {2, 65, 300})
      for (const int64_t K : {16, 64, 96, 128}) {
        SCOPED_TRACE("T " + std::to_string(T) + " K " + std::to_string(K));
        Inputs in = make_inputs({.H = 6, .J = 2, .T = T, .K = K, .mode = SinkMode::logit});
        in.d_out.select(2, T / 2).zero_();
        for (at::Tensor* x : {&in.q, &in.k, &in.v, &in.d_out}) *x = x->to(type).cuda();
        for (at::Tensor* x : {&in.sink, &in.d_gate}) *x = x->to(at::kFloat).cuda();
        const double bound = type == at::kFloat ? 2e-6 : 4e-3;
        const SdpaFixups::Kernels& own = fixups::fixups_for(in.q);
        const SdpaFixups::Kernels& plain = tensor::plain_kernels<SdpaFixups>();
        ASSERT_NE(&own, &plain);
        expect_equal(first_key_fixups(own, in), first_key_fixups(plain, in), bound, 5e-6);
        expect_equal(sink_fixups(own, in), sink_fixups(plain, in), bound, 5e-6);
      }
}

TEST(Gpu, KernelsAtTheShapesOfRealRuns) {
  SKIP_WITHOUT_GPU();
  for (const int64_t K : {64, 128}) {
    SCOPED_TRACE(K);
    Inputs in = make_inputs({.B = 4, .H = 12, .J = 4, .T = 1024, .K = K, .mode = SinkMode::logit});
    for (at::Tensor* x : {&in.q, &in.k, &in.v, &in.d_out}) *x = x->to(at::kBFloat16).cuda();
    for (at::Tensor* x : {&in.sink, &in.d_gate}) *x = x->to(at::kFloat).cuda();
    const SdpaFixups::Kernels &own = fixups::fixups_for(in.q),
                              &plain = tensor::plain_kernels<SdpaFixups>();
    expect_equal(first_key_fixups(own, in), first_key_fixups(plain, in), 4e-3, 1e-5);
    expect_equal(sink_fixups(own, in), sink_fixups(plain, in), 4e-3, 1e-5);
    for (const at::Tensor& logit : {in.q, in.q.select(-1, 0)}) {
      const GateMultiply::Kernels &gate = tensor::kernels<GateMultiply>(in.q),
                                  &by_aten = tensor::plain_kernels<GateMultiply>();
      ASSERT_NE(&gate, &by_aten);
      const AttentionOut a = gate.forward(in.d_out, logit), b = by_aten.forward(in.d_out, logit);
      EXPECT_LE(error(a.out_BHTK.cpu(), b.out_BHTK.cpu()), 6e-3);
      EXPECT_LE(error(a.gate_BHT.cpu(), b.gate_BHT.cpu()), 1e-5);
      const auto c = gate.backward(in.q, in.d_gate, in.d_out, logit),
                 d = by_aten.backward(in.q, in.d_gate, in.d_out, logit);
      EXPECT_LE(error(c.first.cpu(), d.first.cpu()), 6e-3);
      EXPECT_LE(error(c.second.cpu(), d.second.cpu()), 6e-3);
    }
  }
}

// At a small shape, and at those of models with 10M and 0.6B parameters.
TEST(Gpu, SelfTestPassesInEveryMode) {
  SKIP_WITHOUT_GPU();
  for (const at::ScalarType type : {at::kFloat, at::kBFloat16})
    for (const bool fast : {false, true})
      for (const TestShape& shape : {TestShape{}, TestShape{.H = 6, .J = 6, .T = 1024, .K = 64},
                                     TestShape{.H = 16, .J = 4, .T = 2048, .K = 128, .B = 1}}) {
        sdpa::allow_cudnn(fast);
        const SelfTest test = self_test_attention(at::kCUDA, type, shape);
        EXPECT_TRUE(test.passed()) << test.op << ", T " << shape.T << ": error " << test.error;
      }
  sdpa::allow_cudnn(false);
}

TEST(Gpu, ExactModeRepeatsBitForBit) {
  SKIP_WITHOUT_GPU();
  at::globalContext().setDeterministicAlgorithms(true, false);
  for (const SinkMode mode : {SinkMode::first_key, SinkMode::logit}) {
    const Inputs in = make_inputs({.B = 4, .J = 2, .T = 300, .K = 64, .mode = mode});
    const Result a = run(on_gpu, in, mode, Loss::both, at::kBFloat16);
    const Result b = run(on_gpu, in, mode, Loss::both, at::kBFloat16);
    for (size_t i = 0; i < a.gradients.size(); ++i)
      EXPECT_TRUE(at::equal(a.gradients[i], b.gradients[i])) << i;
  }
  at::globalContext().setDeterministicAlgorithms(false, false);
}

TEST(SelfTest, PassesOnTheCpu) {
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const SelfTest test = self_test_attention(at::kCPU, type);
    EXPECT_EQ(test.op, "cpu");
    EXPECT_TRUE(test.passed()) << test.error;
    EXPECT_GT(test.error, 0);
  }
}

TEST(Device, SaysWhatIsMissing) {
  std::string why;
  if (tensor::cuda_ready(&why)) GTEST_SKIP() << "there is a device";
  EXPECT_FALSE(why.empty());
}

}  // namespace
}  // namespace sinkmoe::attention
