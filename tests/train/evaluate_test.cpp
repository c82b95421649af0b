// Evaluation numbers with known results: a model of zeros gives each of 64 tokens the same
// probability, so each costs ln 64 nats, which are 6 bits.
#include "train/eval/evaluate.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>

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

}  // namespace
}  // namespace sinkmoe::train
