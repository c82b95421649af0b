// Tiny random checkpoints of each family against the results of transformers (make_checkpoints.py
// wrote both).
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "core/file.h"
#include "inference/load_tensor.h"
#include "inference/stream.h"
#include "pretrained/config/family.h"
#include "pretrained/heads.h"
#include "support/source_dir.h"

namespace sinkmoe::inference {
namespace {

using namespace pretrained;

constexpr double kTolerance = 2e-4;

std::filesystem::path checkpoints() { return source_dir() / "tests/inference/checkpoints"; }

std::vector<std::string> cases() { return folder_names(checkpoints()); }

nlohmann::json expected_of(const std::string& name) {
  return nlohmann::json::parse(read_file(checkpoints() / name / "expected.json", 1 << 20));
}

at::Tensor tensor_of(const nlohmann::json& list) {
  const auto values = list.get<std::vector<double>>();
  return at::tensor(values, at::kDouble);
}

double largest_difference(const at::Tensor& a, const at::Tensor& b) {
  return (a.to(at::kDouble).flatten() - b.flatten()).abs().max().item<double>();
}

double largest_difference(const Grid& measured, const nlohmann::json& expected) {
  double largest = 0;
  for (size_t l = 0; l < measured.size(); ++l)
    largest = std::max(largest, largest_difference(at::tensor(measured[l], at::kDouble),
                                                   tensor_of(expected.at(l))));
  return largest;
}

class Oracle : public testing::TestWithParam<std::string> {
 protected:
  const nlohmann::json expected = expected_of(GetParam());
  const Model model = open_model(checkpoints() / GetParam());
  const TokenRows rows{.rows = expected.at("ids")};
};

TEST_P(Oracle, LogitsAreThoseOfTransformers) {
  const auto row = rows.rows.front();
  const std::vector<int64_t> ids(row.begin(), row.end() - 1);
  const at::Tensor hidden = hidden_states(model, at::tensor(ids, at::kLong).unsqueeze(0));
  const Architecture& a = model.architecture;
  at::Tensor logits = at::linear(hidden, load_tensor(model.weights, a.unembedding.weight));
  EXPECT_LT(largest_difference(logits, tensor_of(expected.at("logits_of_first_row"))), kTolerance);
}

TEST_P(Oracle, LossIsThatOfTransformers) {
  const HeadsResult r = Registry<Measure>::get("heads").run(model, rows, {});
  const at::Tensor losses = tensor_of(expected.at("losses"));
  EXPECT_NEAR(r.loss, losses.mean().item<double>(), 2e-5);
}

TEST_P(Oracle, GatesAndSinkWeightsAreThoseOfTransformers) {
  const HeadsResult r = Registry<Measure>::get("heads").run(model, rows, {});
  ASSERT_EQ(r.importance.size(), expected.at("importance").size());
  EXPECT_LT(largest_difference(r.importance, expected.at("importance")), 2e-5);
  EXPECT_LT(largest_difference(r.first_weight, expected.at("first_weight")), 2e-5);
}

INSTANTIATE_TEST_SUITE_P(Families, Oracle, testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param; });

TEST(Families, EachHasACheckpoint) {
  std::set<std::string> tested;
  for (const std::string& name : cases())
    tested.insert(open_model(checkpoints() / name).architecture.family);
  for (const std::string& family : plugin_names(Family::kind))
    EXPECT_TRUE(tested.contains(family)) << family << " has no checkpoint to be compared with";
}

TEST(Checkpoints, CoverEveryStoredTypeAndShards) {
  std::set<std::string> types;
  bool sharded = false;
  for (const std::string& name : cases()) {
    const Model model = open_model(checkpoints() / name);
    types.insert(model.weights.entry(model.weights.names().front()).dtype);
    sharded =
        sharded || std::filesystem::exists(checkpoints() / name / "model.safetensors.index.json");
  }
  EXPECT_EQ(types, (std::set<std::string>{"BF16", "F16", "F32"}));
  EXPECT_TRUE(sharded);
}

}  // namespace
}  // namespace sinkmoe::inference
