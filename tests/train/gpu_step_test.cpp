// The step on a GPU: recorded, repeated, and the same as on the CPU. Skips with a word where
// there is no device.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

#include "core/hash.h"
#include "core/registry.h"
#include "support/gpu.h"
#include "tensor/device.h"
#include "train/eval/task_scores.h"
#include "train/recorder.h"

namespace sinkmoe::train {
namespace {

using testing::Folder;
using testing::Recorder;
using testing::run;
using testing::run_cut;
using testing::tiny_config;

const auto* const load_cuda =
    ::testing::AddGlobalTestEnvironment(new testing::LoadCuda(/*exact=*/true));

config::RunConfig gpu_config(const std::string& kind, config::Precision precision) {
  config::RunConfig config = tiny_config(kind);
  config.run.device = config::Device::cuda;
  config.run.precision = precision;
  config.balance.weight = 1e-2;
  return config;
}

std::string event(const Recorder& r, const std::string& kind) {
  for (const EventRow& e : r.events)
    if (e.kind == kind) return e.text;
  return "";
}

TEST(GpuStep, IsRecordedForEveryVariantAndPrecision) {
  SKIP_WITHOUT_GPU();
  for (const std::string& kind : plugin_names("variant"))
    for (const config::Precision precision : {config::Precision::fp32, config::Precision::bf16}) {
      const Folder folder("gpu");
      const Recorder r = run(gpu_config(kind, precision), folder.path);
      EXPECT_NE(event(r, "step").find("recorded graph"), std::string::npos)
          << kind << " " << name_of(precision) << ": " << event(r, "step");
      EXPECT_NE(event(r, "attention").find("passed"), std::string::npos);
    }
}

// fp32 on both devices: rounding apart, the same training; so replays see every new batch and rate.
TEST(GpuStep, TrainsAsTheCpuDoes) {
  SKIP_WITHOUT_GPU();
  for (const std::string& kind : plugin_names("variant")) {
    const Folder a("gpu"), b("cpu");
    config::RunConfig config = gpu_config(kind, config::Precision::fp32);
    const Recorder gpu = run(config, a.path);
    config.run.device = config::Device::cpu;
    const Recorder cpu = run(config, b.path);
    EXPECT_NEAR(gpu.last("eval/loss"), cpu.last("eval/loss"), 1e-4) << kind;
    EXPECT_NEAR(gpu.last("train/grad_norm"), cpu.last("train/grad_norm"), 1e-3) << kind;
  }
}

TEST(GpuStep, ExactModeRepeatsBitForBit) {
  SKIP_WITHOUT_GPU();
  for (const std::string& kind : plugin_names("variant")) {
    const Folder a("gpu-a"), b("gpu-b");
    const config::RunConfig config = gpu_config(kind, config::Precision::bf16);
    const Recorder first = run(config, a.path), second = run(config, b.path);
    EXPECT_EQ(first.comparable(), second.comparable()) << kind;
    EXPECT_EQ(sha256_file(first.final_weights), sha256_file(second.final_weights)) << kind;
  }
}

// A resumed run warms up again op by op where the other one played its graph.
TEST(GpuStep, ResumeIsBitExact) {
  SKIP_WITHOUT_GPU();
  const config::RunConfig config = gpu_config("vanilla", config::Precision::bf16);
  const Folder whole("gpu-whole"), cut("gpu-cut");
  const Recorder expected = run(config, whole.path), got = run_cut(config, cut.path);
  EXPECT_EQ(got.comparable(), expected.comparable());
  EXPECT_EQ(sha256_file(got.final_weights), sha256_file(expected.final_weights));
}

TEST(GpuStep, SharedHeadsAndMicroBatchesAreRecordedToo) {
  SKIP_WITHOUT_GPU();
  for (const config::SharedChoice choice :
       {config::SharedChoice::fixed, config::SharedChoice::every_step}) {
    config::RunConfig config = gpu_config("vanilla", config::Precision::fp32);
    config.balance.shared_heads = 1;
    config.balance.shared_choice = choice;
    config.train.micro_batches = 2;
    const Folder a("gpu"), b("cpu");
    const Recorder gpu = run(config, a.path);
    EXPECT_NE(event(gpu, "step").find("recorded graph"), std::string::npos) << name_of(choice);
    config.run.device = config::Device::cpu;
    EXPECT_NEAR(gpu.last("eval/loss"), run(config, b.path).last("eval/loss"), 1e-4)
        << name_of(choice);
  }
}

// A tensor that is left on the wrong device shows only where there are two. Without a GPU both runs are
// on the CPU, so that the test itself is tried.
config::Device there() { return tensor::cuda_ready() ? config::Device::cuda : config::Device::cpu; }

TEST(GpuMeasures, ProbesAndAdaptersAreThoseOfTheCpu) {
  for (const std::string& kind : plugin_names("variant")) {
    if (!tensor::cuda_ready() && kind != "sink") continue;
    config::RunConfig config = tiny_config(kind);
    config.train.steps = 6;
    config.eval.probes = config::Probes::full;
    config.train.lora_rank = 2;
    const Folder a("there"), b("cpu");
    const Recorder cpu = run(config, b.path);
    config.run.device = there();
    const Recorder got = run(config, a.path);
    ASSERT_EQ(got.rows.size(), cpu.rows.size()) << kind;
    int64_t compared = 0;
    for (size_t i = 0; i < got.rows.size(); ++i) {
      const MetricRow &x = got.rows[i], &y = cpu.rows[i];
      ASSERT_EQ(std::tie(x.name, x.step, x.layer, x.head),
                std::tie(y.name, y.step, y.layer, y.head));
      if (!x.name.starts_with("eval/loss") && !x.name.starts_with("head/")) continue;
      EXPECT_NEAR(x.value, y.value, 1e-2 * (1 + std::abs(y.value))) << kind << " " << x.name;
      ++compared;
    }
    EXPECT_GT(compared, 10);
    EXPECT_EQ(got.histogram_rows.size(), cpu.histogram_rows.size());
    EXPECT_GT(got.histogram_rows.size(), 0u);
  }
}

TEST(GpuMeasures, TaskScoresAreThoseOfTheCpu) {
  const at::NoGradGuard no_grad;
  const at::Device device = tensor::cuda_ready() ? at::kCUDA : at::kCPU;
  const auto tokenizer = data::byte_tokenizer();
  config::RunConfig config = tiny_config("sink");
  config.model.init_std = 0.5;
  data::Task choice{.name = "piqa"}, word{.name = "lambada"};
  for (int i = 0; i < 12; ++i) {
    const std::string n = std::to_string(i * 37 % 101);
    choice.questions.push_back({{"a" + n, "a" + n}, {" b" + n, n + " c"}, i % 2});
    word.questions.push_back({{"a" + n}, {std::string(1, static_cast<char>(32 + i))}, 0});
  }
  const model::Decoder cpu(config, tokenizer->vocabulary(), at::kCPU),
      there(config, tokenizer->vocabulary(), device);
  for (const data::Task& task : {choice, word}) {
    const TaskScore x = score_task(cpu, *tokenizer, task, at::kCPU, [] {}),
                    y = score_task(there, *tokenizer, task, device, [] {});
    EXPECT_EQ(x.questions, 12);
    EXPECT_EQ(x.accuracy, y.accuracy) << task.name;
    EXPECT_EQ(x.accuracy_byte, y.accuracy_byte) << task.name;
  }
}

}  // namespace
}  // namespace sinkmoe::train
