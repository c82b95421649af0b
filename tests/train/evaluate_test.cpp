// Evaluation numbers with known results: a model of zeros gives each of 64 tokens the same
// probability, so each costs ln 64 nats, which are 6 bits.
#include "train/eval/evaluate.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <utility>

#include "support/tiny.h"

namespace sinkmoe::train {
namespace {

// Rows of 16 targets that stand for 24 bytes of text; every fourth target is of the part "rare".
class TextOfTwoParts : public data::DataSource {
 public:
  int64_t vocabulary() const override { return 64; }
  int32_t bos() const override { return 63; }
  void train_row(uint64_t, int64_t, int64_t index, std::span<int32_t> row) const override {
    eval_row(index, row);
  }
  int64_t eval_rows() const override { return 4; }
  void eval_row(int64_t index, std::span<int32_t> row) const override {
    for (size_t t = 0; t < row.size(); ++t)
      row[t] = static_cast<int32_t>((static_cast<size_t>(index) + t) % 63);
    row[0] = bos();
  }
  std::optional<int64_t> target_bytes(std::span<const int32_t>) const override { return 24; }
  std::vector<std::string> parts() const override { return {"usual", "rare"}; }
  void parts_of(std::span<const int32_t>, std::span<uint8_t> part) const override {
    for (size_t t = 0; t < part.size(); ++t) part[t] = t % 4 == 3;
  }
  std::string content_hash() const override { return "hand-made"; }
};

struct ModelOfZeros : ::testing::Test {
  ModelOfZeros() : model(config, source.vocabulary(), at::kCPU) {
    const at::NoGradGuard no_grad;
    at::Tensor weights = model.params().flat();
    weights.zero_();
  }
  config::RunConfig config = testing::tiny_config();
  TextOfTwoParts source;
  model::Decoder model;
};

TEST_F(ModelOfZeros, CostsSixBitsPerTokenAndFourPerByte) {
  const metrics::EvaluationResult result = evaluate(model, source, 64, at::kCPU).result;
  EXPECT_NEAR(result.loss, std::log(64.0), 1e-6);
  ASSERT_TRUE(result.bits_per_byte.has_value());
  EXPECT_NEAR(*result.bits_per_byte, 6.0 * 16 / 24, 1e-6);
}

TEST_F(ModelOfZeros, EachPartOfTheLossIsAMeanOverItsOwnTokens) {
  const metrics::EvaluationResult result = evaluate(model, source, 64, at::kCPU).result;
  ASSERT_EQ(result.parts.size(), 2u);
  EXPECT_EQ(result.parts[0].first, "usual");
  EXPECT_NEAR(result.parts[0].second, std::log(64.0), 1e-6);
  EXPECT_EQ(result.parts[1].first, "rare");
  EXPECT_NEAR(result.parts[1].second, std::log(64.0), 1e-6);
}

// Uniform attention of row t puts 1 / (t + 1) on token 0: at 16 positions 0.2113 in the mean.
TEST_F(ModelOfZeros, HeadsLookAtEveryTokenAlike) {
  Evaluated e = evaluate(model, source, 64, at::kCPU);
  double first = 0, gate = 0;
  for (int t = 0; t < 16; ++t) {
    first += 1.0 / (t + 1) / 16;
    if (t > 0) gate += (1 - 1.0 / (t + 1)) / 15;
  }
  for (int head = 0; head < 2; ++head) {
    EXPECT_NEAR(e.heads.first_weight_LH()[1][head].item<double>(), first, 1e-6);
    EXPECT_NEAR(e.heads.importance_LH()[1][head].item<double>(), gate, 1e-6);
  }
}

// Rows 0 and 3 belong to file 2, row 1 to file 0, row 2 to none.
class TextOfFiles : public TextOfTwoParts {
  int64_t file_of(config::Split, int64_t row) const override {
    return row == 1 ? 0 : row == 2 ? -1 : 2;
  }
};

TEST(Evaluate, StoresTheLossOfEachFile) {
  const config::RunConfig config = testing::tiny_config();
  const TextOfFiles source;
  const model::Decoder model(config, source.vocabulary(), at::kCPU);
  Evaluated e = evaluate(model, source, 1 << 20, at::kCPU);
  e.result.take_heads(e.heads, 0.3);
  std::map<std::pair<std::string, int>, double> got;
  for (const MetricRow& row : e.result.rows(0, e.heads)) got[{row.name, row.head}] = row.value;
  const at::NoGradGuard no_grad;
  double nats[4];
  for (int64_t i = 0; i < 4; ++i) {
    std::vector<int32_t> row(17);
    source.eval_row(i, row);
    const at::Tensor ids = at::tensor(row, at::kInt).to(at::kLong);
    const model::DecoderOut out = model.forward(ids.narrow(0, 0, 16).view({1, 16}));
    nats[i] = model::token_losses(out.hidden_NC, model.output_weight_VC(), ids.narrow(0, 1, 16))
                  .sum()
                  .item<double>();
  }
  EXPECT_NEAR(got.at({"file/loss", 0}), nats[1] / 16, 1e-5);
  EXPECT_NEAR(got.at({"file/loss", 2}), (nats[0] + nats[3]) / 32, 1e-5);
  EXPECT_NEAR(got.at({"file/bpb", 2}), (nats[0] + nats[3]) / std::log(2.0) / 48, 1e-5);
  EXPECT_EQ(got.at({"file/tokens", 0}), 16);
  EXPECT_EQ(got.at({"file/tokens", 2}), 32);
  EXPECT_FALSE(got.contains({"file/loss", 1})) << "no row was read";
  EXPECT_NEAR(got.at({"eval/loss", -1}), (nats[0] + nats[1] + nats[2] + nats[3]) / 64, 1e-5);
}

}  // namespace
}  // namespace sinkmoe::train
