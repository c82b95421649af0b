// Several ranks train as one process does: the same batch, loss, gradient, metrics and shared heads.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

#include "balance/balance.h"
#include "core/error.h"
#include "core/hash.h"
#include "core/registry.h"
#include "ranks/threads.h"
#include "train/data/batch.h"
#include "train/recorder.h"
#include "train/update/loss_gradients.h"

namespace sinkmoe::train {
namespace {

using testing::Folder;
using testing::job_of;
using testing::on_ranks;
using testing::Recorder;
using testing::tiny_config;

struct Gradient {
  double loss = 0, aux = 0;
  at::Tensor flat_n;
};

// The gradient of the first step in fp64, with the ops that training uses.
Gradient gradient_of(const config::RunConfig& config, ranks::Group* group) {
  const auto source = data::open_source(config.data);
  model::Decoder model(config, source->vocabulary(), at::kCPU, at::kDouble);
  const auto loss = Registry<balance::LossKind>::get(config.balance.loss).make(config);
  const LossGradients gradients(config, model, *loss);
  const int64_t parts = config.train.micro_batches, rows = config.train.batch / parts;
  const ranks::Rows own = ranks::rows_of(group);
  Gradient out;
  for (int64_t i = 0; i < parts; ++i) {
    const Batch batch = training_batch(*source, config, 0, i * rows, rows, at::kCPU, own);
    const double part = static_cast<double>(own.count(i * rows, rows)) / static_cast<double>(rows);
    const Losses losses = gradients.add(batch.ids_BT, batch.target_N, {}, {}, {group, part});
    out.loss += part * losses.loss.item<double>() / static_cast<double>(parts);
    out.aux += losses.balance.item<double>() / static_cast<double>(parts);
  }
  out.flat_n = model.params().flat_grad().clone();
  if (group) {
    group->sum(out.flat_n);
    group->sum(at::from_blob(&out.loss, {1}, at::kDouble));
  }
  return out;
}

void expect_one_gradient(const config::RunConfig& config) {
  const Gradient one = gradient_of(config, nullptr);
  const double size = one.flat_n.abs().max().item<double>();
  ASSERT_GT(size, 1e-3);
  for (const int64_t ranks : {1, 2, 3, 4})
    on_ranks(ranks, [&](ranks::Group& group) {
      const Gradient got = gradient_of(config, &group);
      EXPECT_NEAR(got.loss, one.loss, 1e-12) << ranks;
      EXPECT_NEAR(got.aux, one.aux, 1e-12 * std::max(1.0, one.aux)) << ranks;
      EXPECT_LT((got.flat_n - one.flat_n).abs().max().item<double>(), 1e-12 * size) << ranks;
    });
}

class EachVariant : public ::testing::TestWithParam<std::string> {};
class EachLoss : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(All, EachVariant, ::testing::ValuesIn(plugin_names("variant")));
INSTANTIATE_TEST_SUITE_P(All, EachLoss, ::testing::ValuesIn(plugin_names("loss")));

// Large weights, so that the heads differ, and a balance loss that outweighs the loss.
config::RunConfig uneven(const std::string& kind) {
  config::RunConfig config = tiny_config(kind);
  config.model.heads = 4;
  config.model.init_std = 0.5;
  config.balance.weight = 3;
  return config;
}

TEST_P(EachVariant, HasOneGradient) {
  config::RunConfig config = uneven(GetParam());
  expect_one_gradient(config);
  config.balance.shared_heads = 1;
  config.balance.shared_choice = config::SharedChoice::every_step;
  config.train.micro_batches = 2;
  expect_one_gradient(config);
}

TEST_P(EachLoss, HasOneGradient) {
  config::RunConfig config = uneven("sink");
  config.balance.loss = GetParam();
  expect_one_gradient(config);
  config.balance.shared_heads = 1;
  config.balance.shared_choice = config::SharedChoice::every_step;
  expect_one_gradient(config);
}

// What rank 0 reports; the others report the same.
Recorder train_on(int64_t ranks, const config::RunConfig& config, const Folder& folder,
                  const std::optional<std::filesystem::path>& resume = {}, int64_t stop_at = -1) {
  Recorder kept;
  const auto source = data::open_source(config.data);
  on_ranks(ranks, [&](ranks::Group& group) {
    Recorder recorder;
    if (group.rank() == 0) recorder.stop_at = stop_at;
    const RunEnd end = train(job_of(config, folder.path, resume), *source, recorder, {}, &group);
    EXPECT_EQ(end.outcome, stop_at < 0 ? Outcome::done : Outcome::interrupted);
    if (group.rank() == 0) kept = recorder;
  });
  return kept;
}

// A step differs by the rounding of sums, and later ones by what grows from that.
void expect_close(const Recorder& got, const Recorder& one) {
  const auto g = got.comparable(), o = one.comparable();
  ASSERT_EQ(g.size(), o.size());
  for (size_t i = 0; i < g.size(); ++i) {
    const auto& [name, step, layer, head, value] = g[i];
    ASSERT_EQ(std::tie(name, step, layer, head),
              std::tie(std::get<0>(o[i]), std::get<1>(o[i]), std::get<2>(o[i]), std::get<3>(o[i])));
    const double wanted = std::get<4>(o[i]);
    // Quantiles come from bins, and sink rates count heads.
    const bool steps = name.starts_with("head/gate_q") || name.starts_with("eval/sink_rate");
    const double size = std::max(1.0, std::abs(wanted));
    EXPECT_NEAR(value, wanted, (steps ? 5e-3 : 1e-3) * size) << name << " at " << step;
    if (step == 0 || name == "train/lr") {
      EXPECT_NEAR(value, wanted, 2e-6 * size) << name << " at " << step;
    }
  }
}

config::RunConfig balanced(const std::string& kind) {
  config::RunConfig config = tiny_config(kind);
  config.balance.weight = 1e-2;
  config.balance.shared_heads = 1;
  config.run.log_every = 3;
  return config;
}

TEST_P(EachVariant, TrainsAsOneProcess) {
  const config::RunConfig config = balanced(GetParam());
  const Folder one("one"), two("two"), four("four");
  const Recorder expected = testing::run(config, one.path);
  expect_close(train_on(2, config, two), expected);
  expect_close(train_on(4, config, four), expected);
}

TEST(Ranks, TrainControlsAdaptersAndMicroBatchesAsOneProcess) {
  std::vector<config::RunConfig> configs(5, balanced("vanilla"));
  configs[0].train.lora_rank = 2;
  configs[1].train.lora_rank = 2;
  configs[1].train.lora_form = config::LoraForm::peft;
  configs[2].train.control = config::Control::shuffled_targets;
  configs[3].train.control = config::Control::frozen_attention;
  configs[4].train.micro_batches = 2;
  configs[4].data.source = "recall";
  configs[4].data.context = 64;
  for (const config::RunConfig& config : configs) {
    const Folder one("one5"), three("three5");
    expect_close(train_on(3, config, three), testing::run(config, one.path));
  }
}

TEST(Ranks, ShardedMomentsGiveTheSameBits) {
  config::RunConfig config = balanced("sink");
  const Folder whole("whole_m"), sharded("sharded_m");
  const Recorder expected = train_on(4, config, whole);
  config.run.shard = config::Shard::optimizer;
  const Recorder got = train_on(4, config, sharded);
  EXPECT_EQ(got.comparable(), expected.comparable());
  EXPECT_EQ(sha256_file(got.final_weights), sha256_file(expected.final_weights));
  ASSERT_FALSE(got.checkpoints.empty());
  for (const auto& [step, file] : got.checkpoints)
    EXPECT_EQ(sha256_file(file), sha256_file(expected.checkpoints.at(step)));
}

// Cut with three ranks and sharded moments. With as many the rest has the bits of the uncut run; with
// another number, or one process, it is the same training.
TEST(Ranks, AnyNumberResumes) {
  config::RunConfig config = balanced("gated");
  config.run.shard = config::Shard::optimizer;
  const Folder whole("whole_r"), cut("cut_r"), rest("rest_r");
  const Recorder expected = train_on(3, config, whole), first = train_on(3, config, cut, {}, 13);
  ASSERT_FALSE(first.checkpoints.empty());
  const auto& [step, file] = *first.checkpoints.rbegin();
  EXPECT_EQ(step, 14) << "all ranks stop after the step in which rank 0 was asked";
  const Recorder same = train_on(3, config, rest, file);
  EXPECT_EQ(sha256_file(same.final_weights), sha256_file(expected.final_weights));
  EXPECT_EQ(same.last("eval/loss"), expected.last("eval/loss"));
  EXPECT_NEAR(train_on(2, config, rest, file).last("eval/loss"), expected.last("eval/loss"), 1e-4);
  Recorder alone;
  const auto source = data::open_source(config.data);
  train(job_of(config, rest.path, file), *source, alone);
  EXPECT_NEAR(alone.last("eval/loss"), expected.last("eval/loss"), 1e-4);
}

TEST(Ranks, EachNeedsARow) {
  config::RunConfig config = tiny_config();
  config.train.micro_batches = 4;
  const Folder folder("rows");
  EXPECT_THROW(train_on(3, config, folder), Error);
}

}  // namespace
}  // namespace sinkmoe::train
