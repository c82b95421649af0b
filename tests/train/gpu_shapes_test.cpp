// Runs with the shapes of real runs, in every mode, against the same run in fp32 without any kernel
// of ours, op by op. On a GPU the sizes of experiments/h100_check.toml; without one the same test at
// a small batch and context, so that the test itself is tried.
#include <gtest/gtest.h>

#include "attention/gate_multiply.h"
#include "attention/sdpa/sdpa_fixups.h"
#include "core/registry.h"
#include "model/ops/cross_entropy.h"
#include "model/ops/feed_forward.h"
#include "model/ops/rms_norm.h"
#include "model/ops/rotary.h"
#include "support/independent_ids.h"
#include "tensor/device.h"
#include "train/device/graph_replay.h"
#include "train/recorder.h"
#include "train/update/adamw.h"

namespace sinkmoe::train {
namespace {

using testing::Folder;
using testing::Recorder;

// The same training in ATen ops only.
struct OnlyAten {
  tensor::ForcedBackend<attention::GateMultiply> gate{"plain"};
  tensor::ForcedBackend<attention::SoftmaxAttention> attention{"sdpa"};
  tensor::ForcedBackend<attention::fixups::SdpaFixups> fixups{"plain"};
  tensor::ForcedBackend<model::CrossEntropy> loss{"plain"};
  tensor::ForcedBackend<model::Activation> activation{"plain"};
  tensor::ForcedBackend<model::RmsNorm> norm{"plain"};
  tensor::ForcedBackend<model::Rotary> rotary{"plain"};
  tensor::ForcedBackend<AdamW> adamw{"plain"};
  tensor::ForcedBackend<DeviceGraphReplay> steps{"plain"};
};

struct Setting {
  bool gpu;
  int64_t vocabulary;
  config::RunConfig config;
};

Setting setting(const std::string& kind) {
  const bool gpu = tensor::cuda_ready();
  config::RunConfig c = testing::tiny_config(kind);
  c.model.width = 384;
  c.model.heads = 6;
  c.data.context = gpu ? 1024 : 64;
  c.train.batch = gpu ? 32 : 2;
  c.train.steps = gpu ? 8 : 4;
  c.train.lr = 1e-3;
  c.train.warmup = 2;
  c.eval.points = 2;
  c.eval.tokens = c.eval.final_tokens = c.data.context * 4;
  c.balance.weight = 1e-2;
  c.run.device = gpu ? config::Device::cuda : config::Device::cpu;
  return {gpu, gpu ? 8192 : 512, c};
}

Recorder trained(const config::RunConfig& config, const testing::IndependentIds& source) {
  const Folder folder("shapes");
  Recorder recorder;
  EXPECT_EQ(train(testing::job_of(config, folder.path), source, recorder).outcome, Outcome::done);
  return recorder;
}

std::string event(const Recorder& r, const std::string& kind) {
  for (const EventRow& e : r.events)
    if (e.kind == kind) return e.text;
  return "";
}

struct Mode {
  config::Precision precision;
  config::Mode mode;
  double bound;
};

TEST(GpuShapes, EveryModeTrainsAsPlainOpsDo) {
  for (const std::string& kind : plugin_names("variant")) {
    Setting s = setting(kind);
    const testing::IndependentIds source(s.vocabulary);
    const Recorder expected = [&] {
      const OnlyAten only_aten;
      return trained(s.config, source);
    }();
    EXPECT_LT(expected.last("eval/loss"), expected.first("eval/loss") - 0.02)
        << "nothing is learned";
    std::vector<Mode> modes{{config::Precision::fp32, config::Mode::exact, 1e-3}};
    if (s.gpu)
      for (const config::Mode mode : {config::Mode::exact, config::Mode::fast})
        modes.push_back({config::Precision::bf16, mode, 2e-2});
    for (const Mode& m : modes) {
      s.config.run.precision = m.precision;
      s.config.run.mode = m.mode;
      SCOPED_TRACE(kind + " " + std::string(name_of(m.precision)) + " " +
                   std::string(name_of(m.mode)));
      const Recorder got = trained(s.config, source);
      EXPECT_NEAR(got.last("eval/loss"), expected.last("eval/loss"), m.bound);
      EXPECT_NEAR(got.last("train/aux_loss"), expected.last("train/aux_loss"),
                  m.bound + 10 * m.bound * expected.last("train/aux_loss"));
      if (s.gpu) {
        EXPECT_NE(event(got, "step").find("recorded graph"), std::string::npos)
            << event(got, "step");
      }
    }
  }
}

}  // namespace
}  // namespace sinkmoe::train
