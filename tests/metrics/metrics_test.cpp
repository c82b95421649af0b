// Head statistics against hand-made tensors whose answers are known.
#include "metrics/metrics.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <tuple>

#include "attention/softmax_attention.h"
#include "core/text/split_join.h"
#include "support/source_dir.h"

namespace sinkmoe::metrics {
namespace {

// Two heads of width 2 over 5 tokens; head 0 looks at token 0 only, head 1 spreads evenly.
attention::HeadIn sharp_and_even() {
  at::Tensor q = at::zeros({1, 2, 5, 2}), k = at::zeros({1, 2, 5, 2}), v = at::ones({1, 2, 5, 2});
  q[0][0] = 10;
  k[0][0][0] = 10;
  v[0][0][0] = 0.5;
  return {.x_BTC = at::zeros({1, 5, 4}), .q_BHTK = q, .k_BJTK = k, .v_BJTK = v, .scale = 1};
}

HeadStatistics statistics(const attention::HeadIn& in, const attention::HeadOut& out) {
  HeadStatistics s(1, in.q_BHTK.size(1));
  s.add(0, in, out);
  return s;
}

attention::HeadOut observe(const attention::HeadIn& in) {
  const attention::AttentionOut a = attention::softmax_attention(
      in.q_BHTK, in.k_BJTK, in.v_BJTK, in.scale, attention::SinkMode::first_key);
  return {a.out_BHTK, a.gate_BHT, attention::KeyMass::all()};
}

TEST(HeadStatistics, FirstWeightAndImportanceAreKnown) {
  const attention::HeadIn in = sharp_and_even();
  const HeadStatistics s = statistics(in, observe(in));
  EXPECT_NEAR(s.first_weight_LH()[0][0].item<double>(), 1, 1e-6);
  EXPECT_NEAR(s.first_weight_LH()[0][1].item<double>(), (1 + 1 / 2. + 1 / 3. + 1 / 4. + 1 / 5.) / 5,
              1e-6);
  EXPECT_NEAR(s.importance_LH()[0][0].item<double>(), 0, 1e-6);
  EXPECT_NEAR(s.importance_LH()[0][1].item<double>(), (1 / 2. + 2 / 3. + 3 / 4. + 4 / 5.) / 4,
              1e-6);
}

TEST(HeadStatistics, ValueRatioComparesTheFirstValueWithTheMedian) {
  const attention::HeadIn in = sharp_and_even();
  const HeadStatistics s = statistics(in, observe(in));
  EXPECT_NEAR(s.value_ratio_LH()[0][0].item<double>(), 0.5, 1e-6);
  EXPECT_NEAR(s.value_ratio_LH()[0][1].item<double>(), 1.0, 1e-6);
}

// Values of norm 8, then 1, 2, 4, 10: the median of the four is 3.
TEST(HeadStatistics, MedianOfAnEvenCountIsTheMeanOfTheMiddleTwo) {
  attention::HeadIn in = sharp_and_even();
  in.v_BJTK = at::zeros({1, 2, 5, 2});
  in.v_BJTK.select(3, 0).copy_(at::tensor({8.f, 1.f, 2.f, 4.f, 10.f}));
  EXPECT_NEAR(statistics(in, observe(in)).value_ratio_LH()[0][0].item<double>(), 8.0 / 3, 1e-6);
}

TEST(HeadStatistics, SharedKeyHeadsCountForEveryQueryHead) {
  attention::HeadIn in = sharp_and_even();
  in.k_BJTK = in.k_BJTK.narrow(1, 0, 1);
  in.v_BJTK = in.v_BJTK.narrow(1, 0, 1);
  const at::Tensor ratio = statistics(in, observe(in)).value_ratio_LH();
  EXPECT_NEAR(ratio[0][1].item<double>(), 0.5, 1e-6);
}

TEST(HeadStatistics, LearnedSinkTakesWeightFromTheFirstToken) {
  const attention::HeadIn in = sharp_and_even();
  attention::HeadOut out = observe(in);
  out.key_mass = at::full_like(out.gate_BHT, 0.25);
  EXPECT_NEAR(statistics(in, out).first_weight_LH()[0][0].item<double>(), 0.25, 1e-6);
}

TEST(HeadStatistics, QuantilesLeaveRowZeroOut) {
  const attention::HeadIn in = sharp_and_even();
  attention::HeadOut out = observe(in);
  out.gate_BHT = at::tensor({9.0f, 0.1f, 0.2f, 0.3f, 0.4f}).view({1, 1, 5}).expand({1, 2, 5});
  const HeadStatistics s = statistics(in, out);
  EXPECT_NEAR(s.gate_quantile_LH(0.5)[0][0].item<double>(), 0.2, 2e-3);
  EXPECT_NEAR(s.gate_quantile_LH(0.9)[0][0].item<double>(), 0.4, 2e-3);
}

// Where a head collapses its gates are far below a thousandth, and where it is open 1 minus the gate is.
TEST(HeadStatistics, QuantilesOfNearlyClosedAndNearlyOpenHeadsAreExact) {
  const attention::HeadIn in = sharp_and_even();
  attention::HeadOut out = observe(in);
  out.gate_BHT =
      at::tensor({1.f, 3e-7f, 9e-7f, 2e-6f, 4e-5f, 1.f, 0.f, 0.9f, 0.999f, 1.f}).view({1, 2, 5});
  const HeadStatistics s = statistics(in, out);
  const auto quantile = [&](double p, int head) {
    return s.gate_quantile_LH(p)[0][head].item<double>();
  };
  EXPECT_NEAR(quantile(0.5, 0) / 9e-7, 1, 0.005);
  EXPECT_NEAR(quantile(0.9, 0) / 4e-5, 1, 0.005);
  EXPECT_NEAR((1 - quantile(0.75, 1)) / 0.001, 1, 0.005);
  EXPECT_NEAR(quantile(0.1, 1), 0, 1e-8);
  EXPECT_NEAR(quantile(0.9, 1), 1, 1e-8);
}

TEST(HeadStatistics, BatchesAddUp) {
  const attention::HeadIn in = sharp_and_even();
  HeadStatistics once = statistics(in, observe(in)), twice(1, 2);
  twice.add(0, in, observe(in));
  twice.add(0, in, observe(in));
  EXPECT_TRUE(once.importance_LH().allclose(twice.importance_LH()));
  EXPECT_TRUE(once.out_norm_LH().allclose(twice.out_norm_LH()));
}

// Names and units in the tables of docs/metrics.md: "| `a`, `b` | unit of both | ..." or "| `a`, `b` | 1, nats | ...".
std::map<std::string, std::string> units_on_the_page() {
  std::ifstream file(source_dir() / "docs/metrics.md");
  std::map<std::string, std::string> units;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with("| `")) continue;
    const std::vector<std::string> cells = split(line, '|');
    const std::vector<std::string> names = split(cells.at(1), ','), of = split(cells.at(2), ',');
    for (size_t i = 0; i < names.size(); ++i) {
      const size_t from = names[i].find('`') + 1;
      const std::string name = names[i].substr(from, names[i].rfind('`') - from);
      const std::string& unit = of.size() == names.size() ? of[i] : of[0];
      EXPECT_TRUE(units.emplace(name, unit.substr(1, unit.find_last_not_of(' '))).second) << name;
    }
  }
  return units;
}

TEST(MetricInfos, ThePageOfMetricsHasTheSameNamesAndUnits) {
  std::map<std::string, std::string> known;
  for (const MetricInfo& info : metric_infos()) known[info.name] = info.unit;
  for (const MetricInfo& info : task_infos({"NAME"})) known[info.name] = info.unit;
  std::map<std::string, std::string> page = units_on_the_page();
  // Described by the data sources.
  std::erase_if(page, [](const auto& row) { return row.first.starts_with("eval/loss_"); });
  EXPECT_EQ(page, known);
}

TEST(Cv, UsesThePopulationDeviation) {
  const at::Tensor importance = at::tensor({0.1, 0.3, 0.5, 0.5}).view({2, 2});
  EXPECT_NEAR(cv_L(importance)[0].item<double>(), 0.5, 1e-12);
  EXPECT_NEAR(cv_L(importance)[1].item<double>(), 0, 1e-12);
}

// Nearly closed heads vary as much as open ones of the same proportions.
TEST(Cv, DoesNotDependOnHowFarTheHeadsAreOpen) {
  const at::Tensor open = at::tensor({0.1, 0.3}).view({1, 2});
  EXPECT_NEAR(cv_L(open * 1e-13)[0].item<double>(), 0.5, 1e-9);
  EXPECT_EQ(cv_L(at::zeros({1, 2}, at::kDouble))[0].item<double>(), 0);
}

// Two layers of two heads, every number by hand. Gates (position 0 does not count): layer 0 0.2 and
// 0.6, layer 1 0.5 and 0.5. Weights on token 0: layer 0 0.9 and 0.25, layer 1 0.15 and 0.05.
TEST(EvaluationResult, EveryDerivedNumberOfAHandMadeCase) {
  HeadStatistics heads(2, 2);
  const float gates[2][2] = {{0.2f, 0.6f}, {0.5f, 0.5f}};
  const float first[2][2] = {{0.9f, 0.25f}, {0.15f, 0.05f}};
  for (int64_t l = 0; l < 2; ++l) {
    const attention::HeadIn in = sharp_and_even();
    attention::HeadOut out = observe(in);
    out.gate_BHT = at::tensor({gates[l][0], gates[l][1]}).view({1, 2, 1}).repeat({1, 1, 5});
    out.gate_BHT.select(2, 0) = 1;
    out.first_weight_BHT = at::tensor({first[l][0], first[l][1]}).view({1, 2, 1}).expand({1, 2, 5});
    heads.add(l, in, out);
  }
  EvaluationResult result{.loss = std::log(8.0), .parts = {}, .bits_per_byte = {}};
  result.take_heads(heads, 0.2);
  std::map<std::string, double> run;
  std::map<int, double> cv;
  for (const MetricRow& row : result.rows(1, heads)) {
    if (row.layer < 0) run[row.name] = row.value;
    if (row.name == "layer/cv") cv[row.layer] = row.value;
  }
  EXPECT_NEAR(cv[0], 0.5, 1e-6);  // deviation 0.2, mean 0.4
  EXPECT_NEAR(cv[1], 0, 1e-6);
  EXPECT_NEAR(run["eval/imbalance"], 0.25, 1e-6);  // the mean over layers
  EXPECT_NEAR(run["eval/max_layer_cv"], 0.5, 1e-6);
  EXPECT_NEAR(run["eval/perplexity"], 8, 1e-12);
  EXPECT_NEAR(run["eval/sink_rate_rows"], 50, 1e-9) << "one row, so the same";
  EXPECT_NEAR(run["eval/sink_rate"], 50, 1e-9);  // threshold 0.2: 0.9 and 0.25 of four
  EXPECT_NEAR(run["eval/sink_rate_10"], 75, 1e-9);
  EXPECT_NEAR(run["eval/sink_rate_20"], 50, 1e-9);
  EXPECT_NEAR(run["eval/sink_rate_50"], 25, 1e-9);
  EXPECT_NEAR(run["eval/sink_rate_80"], 25, 1e-9);
  EXPECT_NEAR(run["eval/max_first_weight"], 0.9, 1e-6);
  EXPECT_NEAR(run["eval/gate_mean"], 0.45, 1e-6);
  // Share of the more open head of each layer: 0.6 of 0.8 and 0.5 of 1.
  EXPECT_NEAR(run["eval/top_quarter_share"], (0.75 + 0.5) / 2, 1e-6);
}

// A head with weight 0.9 on token 0 in one of three rows and 0.1 in the others: its mean is above 0.3,
// but only one row in three is. The other head is just above in every row.
TEST(EvaluationResult, TheSinkRateOfRowsIsTheSharesOfRowsNotOfMeans) {
  HeadStatistics heads(1, 2);
  for (const auto& [first, second] : {std::pair(0.9f, 0.31f), {0.1f, 0.31f}, {0.1f, 0.31f}}) {
    const attention::HeadIn in = sharp_and_even();
    attention::HeadOut out = observe(in);
    // Half of the queries have all the weight: the row's mean decides.
    out.first_weight_BHT = at::tensor({2 * first, 0.0f, 2 * second, 0.0f}).view({1, 2, 2});
    out.first_weight_BHT = out.first_weight_BHT.repeat({1, 1, 2});
    heads.add(0, in, out);
  }
  EXPECT_NEAR(heads.sink_rows_LH(0.3)[0][0].item<double>(), 1.0 / 3, 1e-12);
  EXPECT_NEAR(heads.sink_rows_LH(0.3)[0][1].item<double>(), 1, 1e-12);
  EvaluationResult result;
  result.take_heads(heads, 0.3);
  EXPECT_NEAR(result.sink_rate_rows, 100 * (1.0 / 3 + 1) / 2, 1e-9);
}

TEST(EvaluationResult, EveryRowIsDescribedFiniteAndUnique) {
  const attention::HeadIn in = sharp_and_even();
  EvaluationResult result{
      .loss = 1.5, .parts = {{"chain", 2.0}}, .bits_per_byte = 1.1, .floor = 1.0};
  const HeadStatistics heads = statistics(in, observe(in));
  result.take_heads(heads, 0.3);
  std::set<std::string> known = {"eval/loss_chain"};  // described by the data source
  for (const MetricInfo& info : metric_infos()) known.insert(info.name);
  std::set<std::tuple<std::string, int, int>> seen;
  for (const MetricRow& row : result.rows(7, heads)) {
    EXPECT_TRUE(known.contains(row.name)) << row.name;
    EXPECT_TRUE(std::isfinite(row.value)) << row.name;
    EXPECT_EQ(row.step, 7);
    EXPECT_TRUE(seen.insert({row.name, row.layer, row.head}).second) << row.name;
  }
  EXPECT_NEAR(result.sink_rate, 100, 1e-9);  // both heads exceed 0.3 here
}

}  // namespace
}  // namespace sinkmoe::metrics
