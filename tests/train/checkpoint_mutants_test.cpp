// Damaged checkpoints: each is refused with an Error, or read as the state of a run, for any bytes.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <random>

#include "core/error.h"
#include "core/file.h"
#include "support/tiny.h"
#include "train/checkpoint.h"
#include "weights/safetensors.h"

namespace sinkmoe::train {
namespace {

using testing::Folder;
using testing::tiny_config;

// SINKMOE_MUTANTS asks for more.
int mutants() {
  const char* text = std::getenv("SINKMOE_MUTANTS");
  return text ? std::atoi(text) : 300;
}

void change(std::string& text, std::mt19937& random) {
  static const std::string bytes("\0\xff\x7f\x80\"[]{},:0129-e", 17);
  // Most damage goes into the first bytes, where the header is.
  const size_t limit = random() % 4 ? std::min<size_t>(text.size(), 800) : text.size();
  if (limit == 0) return;
  const size_t at = random() % limit;
  switch (random() % 5) {
    case 0:
      text[at] = bytes[random() % bytes.size()];
      break;
    case 1:
      text[at] = static_cast<char>(text[at] ^ 1 << random() % 8);
      break;
    case 2:
      text.erase(at, 1 + random() % 32);
      break;
    case 3:
      text.insert(at, text.substr(random() % limit, 1 + random() % 32));
      break;
    default:
      if (random() % 4 == 0) text.resize(at);
  }
}

TEST(CheckpointMutants, AreRefusedOrReadAndNeverCrash) {
  const config::RunConfig config = tiny_config();
  const Folder folder("mutants");
  model::Decoder model(config, 64, at::kCPU);
  Optimizer optimizer(model.params(), config.train);
  const auto good = folder.path / "good.safetensors", bad = folder.path / "bad.safetensors";
  save_checkpoint(good, model, optimizer.moments(), {.step = 7});
  const std::string content = read_file(good, 1 << 24);
  std::mt19937 random(3);
  int refused = 0;
  for (int i = 0; i < mutants(); ++i) {
    std::string text = content;
    for (size_t changes = 1 + random() % 4; changes > 0; --changes) change(text, random);
    std::ofstream(bad, std::ios::binary | std::ios::trunc) << text;
    try {
      EXPECT_GE(load_checkpoint(bad, model, optimizer).step, 0);
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, mutants() / 3);
  EXPECT_EQ(load_checkpoint(good, model, optimizer).step, 7);
}

// Checkpoints of earlier versions know no loss of earlier steps.
TEST(Checkpoint, WithoutThePastOfTheLossIsRead) {
  const config::RunConfig config = tiny_config();
  const Folder folder("old_checkpoint");
  model::Decoder model(config, 64, at::kCPU);
  Optimizer optimizer(model.params(), config.train);
  const auto file = folder.path / "now.safetensors", old = folder.path / "old.safetensors";
  save_checkpoint(file, model, optimizer.moments(), {.step = 7, .loss_past = {19, 4.1875}});
  EXPECT_EQ(load_checkpoint(file, model, optimizer).loss_past.high_loss_steps, 19);
  EXPECT_EQ(load_checkpoint(file, model, optimizer).loss_past.first_loss, 4.1875);
  const weights::Safetensors source(file);
  auto metadata = source.metadata();
  ASSERT_EQ(metadata.erase("high_loss_steps") + metadata.erase("first_loss"), 2u);
  weights::write_safetensors(old, source.tensors(), metadata);
  EXPECT_EQ(load_checkpoint(old, model, optimizer).loss_past.high_loss_steps, 0);
  EXPECT_EQ(load_checkpoint(old, model, optimizer).loss_past.first_loss, 0);
  EXPECT_EQ(load_checkpoint(old, model, optimizer).step, 7);
}

}  // namespace
}  // namespace sinkmoe::train
