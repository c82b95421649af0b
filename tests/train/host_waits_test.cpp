// How often the host waits for the device. Here the device is a CPU, so two things are counted: waits of
// tensor::HostRead, and ops of LibTorch that would read a value past it.
#include <ATen/ATen.h>
#include <ATen/record_function.h>
#include <gtest/gtest.h>

#include <set>

#include "model/weights_io.h"
#include "support/tiny.h"
#include "tensor/host_read.h"
#include "train/checkpoint.h"
#include "train/eval/evaluate.h"
#include "train/eval/task_scores.h"

namespace sinkmoe::train {
namespace {

thread_local int64_t values_read = 0;

std::unique_ptr<at::ObserverContext> count_reads(const at::RecordFunction& op) {
  static const std::set<std::string> reads = {"aten::_local_scalar_dense", "aten::nonzero",
                                              "aten::equal", "aten::masked_select"};
  values_read += reads.contains(op.name());
  return nullptr;
}

// What happened since its construction.
class Counts {
 public:
  Counts() { values_read = 0; }
  ~Counts() { at::removeCallback(handle_); }
  Counts(const Counts&) = delete;
  Counts& operator=(const Counts&) = delete;
  int64_t waits() const { return tensor::HostRead::waits() - before_; }
  static int64_t others() { return values_read; }

 private:
  int64_t before_ = tensor::HostRead::waits();
  at::CallbackHandle handle_ = at::addThreadLocalCallback(
      at::RecordFunctionCallback(count_reads).scopes({at::RecordScope::FUNCTION}));
};

struct HostWaits : ::testing::Test {
  config::RunConfig config = testing::tiny_config("sink");
  std::unique_ptr<data::DataSource> source = data::open_source(config.data);
  model::Decoder model{config, source->vocabulary(), at::kCPU};
};

TEST_F(HostWaits, TheCountSeesAReadPastHostRead) {
  const Counts counts;
  model.params().flat()[0].item<float>();
  EXPECT_EQ(counts.waits(), 0);
  EXPECT_EQ(counts.others(), 1);
}

TEST_F(HostWaits, OneForAnEvaluationOfManyBatches) {
  const int64_t batches = 5, tokens = batches * config.train.batch * config.data.context;
  const Counts counts;
  const Evaluated e = evaluate(model, *source, tokens, at::kCPU);
  EXPECT_EQ(counts.waits(), 1);
  EXPECT_EQ(counts.others(), 0);
  EXPECT_EQ(e.heads.importance_LH().size(0), config.model.layers);
}

TEST_F(HostWaits, OneForACheckpointAndOneForTheWeights) {
  const testing::Folder folder("host-waits");
  const Optimizer optimizer(model.params(), config.train);
  {
    const Counts counts;
    save_checkpoint(folder.path / "a.safetensors", model, optimizer.moments(), {});
    EXPECT_EQ(counts.waits(), 1);
  }
  const Counts counts;
  model::save_weights(model, folder.path / "model.safetensors");
  EXPECT_EQ(counts.waits(), 1);
  EXPECT_EQ(counts.others(), 0);
}

}  // namespace
}  // namespace sinkmoe::train
