// The step as queued device work is the step of the trainer. It runs here on CPU tensors, by the
// same code that a GPU runs; recording is played by an object that keeps the work and repeats it.
#include "train/device/device_step.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "balance/balance.h"
#include "core/registry.h"
#include "model/decoder.h"
#include "support/tiny.h"
#include "train/data/batch.h"
#include "train/update/schedule.h"

namespace sinkmoe::train {
namespace {

using testing::tiny_config;

// Keeps what is recorded and repeats it; says what was asked of it.
struct Keeper : GraphReplay {
  bool record(const std::function<void()>& work, std::string& why) override {
    why = refuse;
    if (refuse.empty()) kept = work;
    return refuse.empty();
  }
  void replay() override {
    ++replays;
    kept();
  }
  std::function<void()> kept;
  int replays = 0;
  std::string refuse;
};

// A model with what its steps need, twice: queued, and step by step with the host's numbers. Both
// differentiate by LossGradients, as the trainer does.
struct Rig {
  explicit Rig(const config::RunConfig& c,
               std::unique_ptr<GraphReplay> graph = std::make_unique<Keeper>())
      : config(c),
        source(data::open_source(config.data)),
        model(config, source->vocabulary(), at::kCPU),
        partial(model),
        optimizer(partial.trained(), config.train),
        balance(Registry<balance::LossKind>::get(config.balance.loss).make(config)),
        gradients(config, model, *balance),
        keeper(dynamic_cast<Keeper*>(graph.get())),
        step(
            {.config = config,
             .source = *source,
             .model = model.params(),
             .optimizer = optimizer,
             .add_gradients =
                 [this](const at::Tensor& ids, const at::Tensor& target, const at::Tensor& weight) {
                   const Losses losses = gradients.add(ids, target, {}, weight);
                   if (poison >= 0 && runs++ == poison) model.params().flat_grad()[0] = NAN;
                   return losses;
                 },
             .partial = partial,
             .note = [this](const std::string& text) { notes.push_back(text); },
             .graph = std::move(graph)}) {}

  bool begin() {
    TrainState state;
    partial.begin(false, state);
    return true;
  }

  // One step by the host's optimizer, with the configured weight.
  StepNumbers eager(int64_t at_step) {
    model.params().flat_grad().zero_();
    const Batch batch = training_batch(*source, config, at_step, 0, config.train.batch, at::kCPU);
    const Losses losses = gradients.add(batch.ids_BT, batch.target_N, {});
    partial.adjust_gradients();
    const double norm = optimizer.gradient_norm(), lr = learning_rate(config.train, at_step);
    optimizer.step(at_step, lr, norm);
    partial.adjust_weights();
    return {at_step, losses.loss.item<double>(), losses.balance.item<double>(), norm, lr};
  }

  config::RunConfig config;
  std::unique_ptr<data::DataSource> source;
  model::Decoder model;
  PartialTraining partial;
  Optimizer optimizer;
  bool begun = begin();
  std::unique_ptr<balance::BalanceLoss> balance;
  LossGradients gradients;
  std::vector<std::string> notes;
  int64_t poison = -1, runs = 0;
  Keeper* keeper;
  DeviceStep step;
};

config::RunConfig weighted(const std::string& kind = "vanilla") {
  config::RunConfig config = tiny_config(kind);
  config.balance.weight = 1e-2;
  return config;
}

double difference(const at::Tensor& a, const at::Tensor& b) {
  return ((a - b).norm() / b.norm()).item<double>();
}

TEST(StepInputs, AreTheRateTheCorrectionsAndTheWeight) {
  const config::TrainConfig config = weighted().train;
  const auto inputs = step_inputs(config, 3, 0.5, 1e-2);
  EXPECT_EQ(inputs[kRate], 0.5);
  EXPECT_DOUBLE_EQ(inputs[kBias1], 1 - std::pow(config.beta1, 4));
  EXPECT_DOUBLE_EQ(inputs[kBias2], 1 - std::pow(config.beta2, 4));
  EXPECT_EQ(inputs[kWeight], 1e-2);
}

void expect_same(const std::optional<StepNumbers>& read, const StepNumbers& expected) {
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->step, expected.step);
  EXPECT_EQ(read->lr, expected.lr);
  EXPECT_NEAR(read->loss, expected.loss, 1e-5);
  EXPECT_NEAR(read->aux, expected.aux, 1e-5);
  EXPECT_NEAR(read->gradient_norm, expected.gradient_norm, 1e-4 * expected.gradient_norm);
}

// Warm-up, recording and replays: rate, corrections and batches change under way. Numbers come one
// step late, or at once when asked for.
TEST(DeviceStep, IsTheTrainersStepAlsoWhenReplayed) {
  for (const std::string kind : {"vanilla", "sink", "gated"}) {
    Rig queued(weighted(kind)), plain(weighted(kind));
    std::optional<StepNumbers> owed;  // the step whose numbers are still to come
    for (int64_t s = 0; s < 12; ++s) {
      const auto read = queued.step.advance(s);
      EXPECT_EQ(read.has_value(), owed.has_value());
      if (owed) expect_same(read, *owed);
      owed = plain.eager(s);
      if (s % 5 != 4) continue;
      expect_same(queued.step.finish(), *owed);
      EXPECT_FALSE(queued.step.finish().has_value());
      owed.reset();
    }
    EXPECT_LE(difference(queued.model.params().flat(), plain.model.params().flat()), 1e-5) << kind;
    EXPECT_EQ(queued.keeper->replays, 12 - DeviceStep::kWarmUp);
    ASSERT_EQ(queued.notes.size(), 1u);
    EXPECT_NE(queued.notes[0].find("recorded"), std::string::npos);
  }
}

// Controls and adapters are part of what is recorded.
TEST(DeviceStep, PartialTrainingIsTheTrainers) {
  config::RunConfig frozen = weighted(), adapted = weighted(), shuffled = weighted();
  frozen.train.control = config::Control::frozen_attention;
  adapted.train.lora_rank = 2;
  shuffled.train.control = config::Control::shuffled_targets;
  for (const config::RunConfig& config : {frozen, adapted, shuffled}) {
    Rig queued(config), plain(config);
    const at::Tensor start = plain.model.params().flat().clone();
    for (int64_t s = 0; s < 8; ++s) {
      queued.step.advance(s);
      plain.eager(s);
    }
    const at::Tensor &a = queued.model.params().flat(), &b = plain.model.params().flat();
    EXPECT_LE(difference(a, b), 1e-5);
    EXPECT_GT(difference(b, start), 1e-4);
    config::RunConfig half = config;
    half.run.precision = config::Precision::bf16;
    Rig rounded(half);
    for (int64_t s = 0; s < 8; ++s) rounded.step.advance(s);
    const at::Tensor& flat = rounded.model.params().flat();
    EXPECT_LE(difference(rounded.model.params().bf16().to(at::kFloat), flat), 4e-3);
    EXPECT_TRUE(rounded.model.params().bf16().equal(flat.to(at::kBFloat16)));
  }
}

TEST(DeviceStep, MicroBatchesAddUp) {
  config::RunConfig config = weighted();
  config.balance.weight = 0;
  Rig whole(config);
  config.train.micro_batches = 4;
  Rig parts(config);
  for (int64_t s = 0; s < 6; ++s) {
    whole.step.advance(s);
    parts.step.advance(s);
  }
  EXPECT_NEAR(whole.step.finish()->loss, parts.step.finish()->loss, 1e-5);
  EXPECT_LE(difference(parts.model.params().flat(), whole.model.params().flat()), 1e-5);
}

TEST(DeviceStep, GoesOnOpByOpWhenNothingCanBeRecorded) {
  auto graph = std::make_unique<Keeper>();
  graph->refuse = "the driver said no";
  Rig refused(weighted(), std::move(graph)), recorded(weighted());
  for (int64_t s = 0; s < 6; ++s) {
    refused.step.advance(s);
    recorded.step.advance(s);
  }
  EXPECT_TRUE(refused.model.params().flat().equal(recorded.model.params().flat()));
  ASSERT_EQ(refused.notes.size(), 1u);
  EXPECT_NE(refused.notes[0].find("the driver said no"), std::string::npos);
  EXPECT_EQ(refused.keeper->replays, 0);
}

// The numbers come a step late, so the step itself must not spoil the parameters.
TEST(DeviceStep, AStepThatIsNotFiniteChangesNothing) {
  Rig rig(weighted());
  rig.poison = 4;
  for (int64_t s = 0; s < 4; ++s) rig.step.advance(s);
  const at::Tensor before = rig.model.params().flat().clone(),
                   moment = rig.optimizer.second_moment().clone();
  rig.step.advance(4);
  EXPECT_TRUE(rig.model.params().flat().equal(before));
  EXPECT_TRUE(rig.optimizer.second_moment().equal(moment));
  EXPECT_FALSE(rig.step.finish()->finite());
  rig.step.advance(5);
  EXPECT_TRUE(rig.step.finish()->finite());
  EXPECT_FALSE(rig.model.params().flat().equal(before));
}

// bf16 activations and weights round; training must still follow the fp32 one.
TEST(DeviceStep, Bfloat16FollowsSinglePrecision) {
  for (const std::string kind : {"vanilla", "sink", "gated"}) {
    config::RunConfig config = weighted(kind);
    Rig single(config);
    config.run.precision = config::Precision::bf16;
    Rig half(config);
    for (int64_t s = 0; s < 12; ++s) {
      single.step.advance(s);
      half.step.advance(s);
    }
    EXPECT_NEAR(half.step.finish()->loss, single.step.finish()->loss, 0.02) << kind;
    const at::Tensor& flat = half.model.params().flat();
    EXPECT_EQ(flat.scalar_type(), at::kFloat);
    EXPECT_TRUE(half.model.params().bf16().equal(flat.to(at::kBFloat16)));
  }
}

}  // namespace
}  // namespace sinkmoe::train
