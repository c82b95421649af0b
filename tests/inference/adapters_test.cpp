// Models with adapters against what peft and transformers computed (make_adapters.py wrote both).
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/file.h"
#include "inference/load_tensor.h"
#include "inference/stream.h"
#include "pretrained/heads.h"
#include "support/source_dir.h"

namespace sinkmoe::inference {
namespace {

using namespace pretrained;

std::filesystem::path folder() { return source_dir() / "tests/inference/adapters"; }

std::vector<std::string> cases() { return folder_names(folder()); }

class Adapted : public testing::TestWithParam<std::string> {
 protected:
  const nlohmann::json expected =
      nlohmann::json::parse(read_file(folder() / GetParam() / "expected.json", 1 << 20));

  // The largest difference to the logits of peft.
  double error(const Model& model) const {
    const auto row = expected.at("ids").at(0).get<std::vector<int64_t>>();
    const at::Tensor ids = at::tensor(std::vector(row.begin(), row.end() - 1), at::kLong);
    const at::Tensor hidden = hidden_states(model, ids.unsqueeze(0)),
                     logits = at::linear(
                         hidden, load_tensor(model.weights, model.architecture.unembedding.weight));
    const at::Tensor wanted =
        at::tensor(expected.at("logits_of_first_row").get<std::vector<double>>(), at::kDouble);
    return (logits.flatten().to(at::kDouble) - wanted).abs().max().item<double>();
  }
};

TEST_P(Adapted, LogitsAreThoseOfPeft) {
  EXPECT_LT(error(open_model(folder() / GetParam())), 2e-4);  // finds its model by itself
  const std::filesystem::path base = base_folder(folder() / GetParam());
  EXPECT_LT(error(open_model(base, folder() / GetParam())), 2e-4);
  EXPECT_GT(error(open_model(base)), 1e-2);
}

TEST_P(Adapted, LossIsThatOfPeft) {
  const TokenRows rows{.rows = expected.at("ids")};
  const double loss =
      Registry<Measure>::get("heads").run(open_model(folder() / GetParam()), rows, {}).loss;
  const at::Tensor losses =
      at::tensor(expected.at("losses").get<std::vector<double>>(), at::kDouble);
  EXPECT_NEAR(loss, losses.mean().item<double>(), 2e-5);
}

INSTANTIATE_TEST_SUITE_P(Peft, Adapted, testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace sinkmoe::inference
