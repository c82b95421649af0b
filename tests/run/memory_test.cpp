// The estimate of memory that `plan` prints, against what trainings take.
#include "plan/memory/memory.h"

#include <ATen/ATen.h>
#include <c10/core/CPUAllocator.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>

#include "config/plugins/variant.h"
#include "core/registry.h"
#include "support/tiny.h"
#include "train/recorder.h"

namespace sinkmoe::run {
namespace {

std::atomic<int64_t> now = 0, most = 0;

struct Block {
  void* memory;
  int64_t bytes;
};

// Counts the bytes of all tensors.
struct Counting : c10::Allocator {
  c10::DataPtr allocate(size_t bytes) override {
    auto* block =
        new Block{std::aligned_alloc(64, (bytes + 63) / 64 * 64), static_cast<int64_t>(bytes)};
    const int64_t at = now += block->bytes;
    for (int64_t seen = most; at > seen && !most.compare_exchange_weak(seen, at);) {
    }
    return {block->memory, block, &release, at::kCPU};
  }
  static void release(void* context) {
    auto* block = static_cast<Block*>(context);
    now -= block->bytes;
    std::free(block->memory);
    delete block;
  }
  c10::DeleterFnPtr raw_deleter() const override { return nullptr; }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }
};

double measured(const config::RunConfig& config) {
  const testing::Folder folder("memory");
  const int64_t before = now;
  most = before;
  testing::run(config, folder.path);
  return static_cast<double>(most - before);
}

config::RunConfig medium(const std::string& kind) {
  config::RunConfig config = testing::tiny_config(kind);
  config.model.layers = 6;
  config.model.width = 96;
  config.model.heads = 4;
  config.data.context = 128;
  config.train.batch = 16;
  config.train.steps = 1;
  config.eval.points = 1;
  config.eval.tokens = config.eval.final_tokens = 128;
  config.balance.weight = 1e-2;
  return config;
}

void expect_estimated(const config::RunConfig& config, const std::string& what) {
  const int64_t vocabulary = data::open_source(config.data)->vocabulary();
  const double estimate =
      plan::estimate_memory(config, vocabulary, plan::estimate_cost(config, vocabulary),
                            {.recompute = config.model.recompute})
          .total();
  const double got = measured(config);
  EXPECT_NEAR(estimate / got, 1, 0.1) << what << ": " << estimate << " estimated, " << got;
  ::testing::Test::RecordProperty(what, std::to_string(estimate / got));
}

TEST(Memory, OfATrainingIsEstimatedToATenth) {
  static Counting counting;
  c10::SetCPUAllocator(&counting, 1);
  for (const std::string& kind : plugin_names("variant")) expect_estimated(medium(kind), kind);
  config::RunConfig config = medium("vanilla");
  config.model.mlp = config::Mlp::swiglu;
  expect_estimated(config, "swiglu");
  config.model.kv_heads = 2;
  config.model.mlp = config::Mlp::relu2;
  config.model.qk_norm = true;
  expect_estimated(config, "grouped, qk_norm, relu2");
  config = medium("sink");
  config.train.micro_batches = 4;
  expect_estimated(config, "micro-batches");
  config = medium("vanilla");
  config.model.width = 256;
  config.train.batch = 2;
  expect_estimated(config, "mostly weights");
  for (const char* mlp : {"gelu", "swiglu"}) {
    config = medium("gated");
    config.model.layers = 12;
    config.model.mlp = parse_name<config::Mlp>(mlp);
    config.model.recompute = config::Recompute::layer;
    expect_estimated(config, std::string("recomputed, ") + mlp);
  }
}

}  // namespace
}  // namespace sinkmoe::run
