// A short training of each variant against numbers of another program: tests/golden/train.py
// repeats it in fp64, from the documentation alone. What it catches: the sign and size of the
// balance term, the optimizer, the schedule, and each number of the final evaluation.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "core/file.h"
#include "train/recorder.h"

namespace sinkmoe::train {
namespace {

using testing::Folder;
using testing::Recorder;
using testing::run;
using testing::tiny_config;

constexpr int64_t kEvaluationRows = 32;
constexpr double kTolerance = 1e-5;

struct Golden {
  std::string kind;
  double first_loss, first_balance, last_loss, last_balance, eval_loss, cv[2], imbalance,
      first_weight[4];  // layer 0 head 0, layer 0 head 1, layer 1 head 0, layer 1 head 1
};

// Printed by tests/golden/train.py.
const Golden kGolden[] = {
#include "train/golden_numbers.inc"
};

config::RunConfig golden_config(const std::string& kind) {
  config::RunConfig config = tiny_config(kind);
  config.balance.weight = 0.05;
  config.run.log_every = 1;
  config.eval.final_tokens = kEvaluationRows * config.data.context;
  return config;
}

std::map<std::pair<int, int>, double> last_rows(const Recorder& r, const std::string& name) {
  std::map<std::pair<int, int>, double> by_place;
  for (const MetricRow& row : r.rows)
    if (row.name == name) by_place[{row.layer, row.head}] = row.value;
  return by_place;
}

double at_step(const Recorder& r, const std::string& name, int64_t step) {
  for (const MetricRow& row : r.rows)
    if (row.name == name && row.step == step) return row.value;
  return std::nan("");
}

// The input of the other program: initial weights and token ids.
void write_inputs(const config::RunConfig& config, const std::filesystem::path& folder) {
  config::RunConfig untrained = config;
  untrained.train.steps = 0;
  const Folder own("golden-inputs");
  std::filesystem::copy_file(run(untrained, own.path).final_weights,
                             folder / (config.attention.kind + ".safetensors"),
                             std::filesystem::copy_options::overwrite_existing);
  const auto source = data::open_source(config.data);
  std::ofstream out(folder / (config.attention.kind + ".rows"), std::ios::binary);
  std::vector<int32_t> row(static_cast<size_t>(config.data.context) + 1);
  auto write = [&] {
    out.write(reinterpret_cast<const char*>(row.data()),
              static_cast<std::streamsize>(row.size() * sizeof(int32_t)));
  };
  for (int64_t step = 0; step < config.train.steps; ++step)
    for (int64_t i = 0; i < config.train.batch; ++i) {
      source->train_row(static_cast<uint64_t>(config.train.seed), step, i, row);
      write();
    }
  for (int64_t i = 0; i < kEvaluationRows; ++i) {
    source->eval_row(i, row);
    write();
  }
}

class GoldenRun : public ::testing::TestWithParam<Golden> {};

TEST_P(GoldenRun, EqualsAnIndependentTraining) {
  const Golden& want = GetParam();
  const config::RunConfig config = golden_config(want.kind);
  if (const char* folder = std::getenv("SINKMOE_GOLDEN")) write_inputs(config, folder);
  const Folder folder("golden-" + want.kind);
  const Recorder got = run(config, folder.path);
  EXPECT_NEAR(at_step(got, "train/loss", 1), want.first_loss, kTolerance);
  EXPECT_NEAR(at_step(got, "train/aux_loss", 1), want.first_balance, kTolerance);
  EXPECT_NEAR(at_step(got, "train/loss", 24), want.last_loss, kTolerance);
  EXPECT_NEAR(at_step(got, "train/aux_loss", 24), want.last_balance, kTolerance);
  EXPECT_NEAR(got.last("eval/loss"), want.eval_loss, kTolerance);
  EXPECT_NEAR(got.last("eval/imbalance"), want.imbalance, kTolerance);
  EXPECT_NEAR(got.last("eval/max_layer_cv"), std::max(want.cv[0], want.cv[1]), kTolerance);
  const auto cv = last_rows(got, "layer/cv"), first = last_rows(got, "head/first_weight");
  double largest = 0;
  for (int layer = 0; layer < 2; ++layer) {
    EXPECT_NEAR(cv.at({layer, -1}), want.cv[layer], kTolerance);
    for (int head = 0; head < 2; ++head) {
      EXPECT_NEAR(first.at({layer, head}), want.first_weight[2 * layer + head], kTolerance);
      largest = std::max(largest, want.first_weight[2 * layer + head]);
    }
  }
  EXPECT_NEAR(got.last("eval/max_first_weight"), largest, kTolerance);
}

INSTANTIATE_TEST_SUITE_P(Kinds, GoldenRun, ::testing::ValuesIn(kGolden),
                         [](const auto& info) { return info.param.kind; });

// The method of the paper: a positive weight pulls heads together; a negative one would push them
// apart.
class BalanceWeight : public ::testing::TestWithParam<std::string> {};

TEST_P(BalanceWeight, LowersTheImbalanceAndItsSignMatters) {
  double imbalance[3];
  for (int i = 0; i < 3; ++i) {
    config::RunConfig config = tiny_config(GetParam());
    config.train.steps = 40;
    config.model.init_std = 0.3;  // heads that differ from the start
    config.balance.weight = i - 1;
    const Folder folder("sign");
    imbalance[i] = run(config, folder.path).last("eval/imbalance");
  }
  EXPECT_LT(imbalance[2], 0.8 * imbalance[1]);
  EXPECT_GT(imbalance[0], 1.25 * imbalance[1]);
}

INSTANTIATE_TEST_SUITE_P(Kinds, BalanceWeight, ::testing::Values("vanilla", "sink", "gated"));

}  // namespace
}  // namespace sinkmoe::train
