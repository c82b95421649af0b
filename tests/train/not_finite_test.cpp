// NaN and infinity put into weights, moments, gradients and data: found within two steps, at the
// step and batch that are named, and the last checkpoint stays a good one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>

#include "balance/balance.h"
#include "core/registry.h"
#include "train/checkpoint.h"
#include "train/recorder.h"
#include "weights/safetensors.h"

#include <ATen/ATen.h>

namespace sinkmoe::train {
namespace {

namespace fs = std::filesystem;
using testing::Folder;
using testing::job_of;
using testing::Recorder;
using testing::tiny_config;

constexpr int64_t kStart = 10;  // the checkpoint that is tampered with
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN(),
                kInfinity = std::numeric_limits<float>::infinity();

// Injections of each kind; SINKMOE_INJECTIONS asks for more.
int injections() {
  const char* text = std::getenv("SINKMOE_INJECTIONS");
  return text ? std::atoi(text) : 4;
}

bool all_finite(const fs::path& file) {
  const weights::Safetensors source(file);
  for (const weights::TensorView& t : source.tensors()) {
    if (t.dtype != "F32") continue;
    std::vector<float> values(t.data.size() / sizeof(float));
    std::memcpy(values.data(), t.data.data(), t.data.size());
    for (const float value : values)
      if (!std::isfinite(value)) return false;
  }
  return true;
}

// The file with one element of one tensor replaced.
void tamper(const fs::path& from, const fs::path& to, const std::string& tensor, size_t element,
            float value) {
  const weights::Safetensors source(from);
  std::vector<weights::TensorView> tensors = source.tensors();
  std::vector<std::vector<std::byte>> copies;
  copies.reserve(tensors.size());
  for (weights::TensorView& t : tensors) {
    copies.emplace_back(t.data.begin(), t.data.end());
    if (t.name == tensor)
      std::memcpy(copies.back().data() + element * sizeof(float), &value, sizeof value);
    t.data = copies.back();
  }
  weights::write_safetensors(to, tensors, source.metadata());
}

size_t elements(const fs::path& file, const std::string& tensor) {
  return weights::Safetensors(file).at(tensor).data.size() / sizeof(float);
}

// A balance loss that is 0, with a gradient of NaN from a chosen call on: in this program only.
int g_calls_left = -1;
class PoisonedLoss : public balance::BalanceLoss {
 public:
  at::Tensor operator()(const balance::BalanceIn& in) const override {
    const at::Tensor sum = in.gates_BHT[0].sum();
    if (g_calls_left < 0 || g_calls_left-- > 0) return sum * 0;
    return (sum - sum).sqrt();
  }
};
std::unique_ptr<balance::BalanceLoss> make_poisoned(const config::RunConfig&) {
  return std::make_unique<PoisonedLoss>();
}
const Registration<balance::LossKind> poisoned{
    {.name = "poisoned", .help = "", .make = make_poisoned}};

// The source, with one id that comes from a chosen step on only.
class LateToken : public data::DataSource {
 public:
  LateToken(const data::DataSource& source, int32_t id, int64_t from)
      : source_(source), id_(id), from_(from) {}
  int64_t vocabulary() const override { return source_.vocabulary(); }
  int32_t bos() const override { return source_.bos(); }
  void train_row(uint64_t seed, int64_t step, int64_t index,
                 std::span<int32_t> row) const override {
    source_.train_row(seed, step, index, row);
    replace(row);
    if (step >= from_) row[row.size() / 2] = id_;
  }
  int64_t eval_rows() const override { return source_.eval_rows(); }
  void eval_row(int64_t index, std::span<int32_t> row) const override {
    source_.eval_row(index, row);
    replace(row);
  }
  std::optional<int64_t> target_bytes(std::span<const int32_t> row) const override {
    return source_.target_bytes(row);
  }
  std::string content_hash() const override { return source_.content_hash(); }

 private:
  void replace(std::span<int32_t> row) const {
    for (int32_t& id : row)
      if (id == id_) id = (id_ + 1) % static_cast<int32_t>(vocabulary() - 1);
  }
  const data::DataSource& source_;
  int32_t id_;
  int64_t from_;
};

struct NotFiniteValues : ::testing::Test {
  NotFiniteValues() { config.train.checkpoint_every = 1; }

  // A clean run up to the checkpoint of kStart.
  fs::path checkpoint(const data::DataSource& source) {
    Recorder clean;
    clean.stop_at = kStart;
    EXPECT_EQ(train(job_of(config, folder.path, {}, {}), source, clean).outcome,
              Outcome::interrupted);
    return clean.checkpoints.at(kStart);
  }

  // The message of a training that ends as diverged.
  std::string message_of(const fs::path& file, const data::DataSource& source, Recorder& r) const {
    const RunEnd result = train(job_of(config, folder.path, file, {}), source, r);
    return result.outcome == Outcome::diverged ? result.message : "";
  }

  void expect_found(const fs::path& file, const data::DataSource& source, int64_t injected) const {
    Recorder r;
    const std::string message = message_of(file, source, r);
    ASSERT_THAT(message, ::testing::HasSubstr("not finite at step"));
    EXPECT_THAT(message, ::testing::HasSubstr("batch"));
    const int64_t found = std::stoll(message.substr(message.find("step ") + 5));
    EXPECT_GE(found, injected);
    EXPECT_LE(found, injected + 2);
    for (const auto& [step, written] : r.checkpoints)
      EXPECT_TRUE(all_finite(written)) << "checkpoint of step " << step;
  }

  const Folder folder{"notfinite"};
  config::RunConfig config = tiny_config("sink");
  std::mt19937 random{5};
};

TEST_F(NotFiniteValues, InWeightsAreFoundWithinTwoSteps) {
  const auto source = data::open_source(config.data);
  const fs::path good = checkpoint(*source), bad = folder.path / "bad.safetensors";
  const size_t count = elements(good, "params");
  for (int i = 0; i < injections(); ++i) {
    tamper(good, bad, "params", random() % count, i % 2 ? kNaN : kInfinity);
    expect_found(bad, *source, kStart);
  }
}

TEST_F(NotFiniteValues, InMomentsAreFoundWithinTwoSteps) {
  const auto source = data::open_source(config.data);
  const fs::path good = checkpoint(*source), bad = folder.path / "bad.safetensors";
  const size_t count = elements(good, "m");
  for (int i = 0; i < injections(); ++i) {
    tamper(good, bad, i % 4 < 2 ? "m" : "v", random() % count, kNaN);
    expect_found(bad, *source, kStart);
  }
}

// The rows of the last steps are kept back for a moment; no later attempt would make them again.
TEST_F(NotFiniteValues, LoseNoRowOfTheStepsBefore) {
  const auto source = data::open_source(config.data);
  const fs::path good = checkpoint(*source), bad = folder.path / "bad.safetensors";
  tamper(good, bad, "m", 0, kNaN);
  config.run.log_every = 1;
  Recorder r;
  ASSERT_THAT(message_of(bad, *source, r), ::testing::HasSubstr("not finite at step"));
  EXPECT_TRUE(std::isfinite(r.last("train/loss")));
}

TEST_F(NotFiniteValues, InGradientsAreFoundAtOnce) {
  config.balance.loss = "poisoned";
  config.balance.weight = 0.01;
  const auto source = data::open_source(config.data);
  g_calls_left = -1;
  const fs::path good = checkpoint(*source);
  for (int i = 0; i < injections(); ++i) {
    const int after = static_cast<int>(random() % 10);
    g_calls_left = after;
    expect_found(good, *source, kStart + after);
  }
  g_calls_left = -1;
}

// The embedding of a token that comes late: nothing is wrong before its first batch, as long as no
// checkpoint looks at every weight.
TEST_F(NotFiniteValues, ThatComeWithTheDataAreFoundWhenTheyCome) {
  const auto source = data::open_source(config.data);
  const auto width = static_cast<size_t>(config.model.width);
  for (int i = 0; i < injections(); ++i) {
    const auto id = static_cast<int32_t>(random() % 60);
    const int64_t from = kStart + static_cast<int64_t>(random() % 8);
    const LateToken late(*source, id, from);
    config.train.checkpoint_every = 1;
    const fs::path good = checkpoint(late), bad = folder.path / "bad.safetensors";
    config.train.checkpoint_every = 1000;
    tamper(good, bad, "params", static_cast<size_t>(id) * width + random() % width, kNaN);
    expect_found(bad, late, from);
  }
}

// A row of the embedding that no batch reads changes no loss and no gradient.
TEST_F(NotFiniteValues, InWeightsThatNothingReadsAreFoundAtTheEnd) {
  constexpr int32_t kUnread = 5;
  const auto source = data::open_source(config.data);
  const LateToken without_it(*source, kUnread, 1000000);
  const fs::path good = checkpoint(without_it), bad = folder.path / "bad.safetensors";
  tamper(good, bad, "params", static_cast<size_t>(kUnread * config.model.width), kNaN);
  config.train.checkpoint_every = 1000;
  Recorder r;
  EXPECT_THAT(message_of(bad, without_it, r), ::testing::HasSubstr("model.embed_tokens.weight"));
  EXPECT_TRUE(r.final_weights.empty());
}

}  // namespace
}  // namespace sinkmoe::train
