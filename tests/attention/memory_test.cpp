// No T x T tensor is created: a wrapper of the CPU allocator measures peak memory.
#include <ATen/ATen.h>
#include <c10/core/CPUAllocator.h>
#include <gtest/gtest.h>

#include <atomic>

#include "attention/attention_case.h"

namespace sinkmoe::attention {
namespace {

// Counts bytes in use; passes every request to the allocator that it replaces.
class CountingAllocator final : public at::Allocator {
 public:
  CountingAllocator() : inner_(c10::GetCPUAllocator()) { c10::SetCPUAllocator(this, 0xff); }
  ~CountingAllocator() override { c10::SetCPUAllocator(inner_, 0xff); }

  at::DataPtr allocate(size_t bytes) override {
    at::DataPtr memory = inner_->allocate(bytes);
    in_use() += static_cast<int64_t>(bytes);
    peak() = std::max(peak().load(), in_use().load());
    auto* block = new Block{std::move(memory), static_cast<int64_t>(bytes)};
    return {block->memory.get(), block, &release, at::kCPU};
  }
  at::DeleterFnPtr raw_deleter() const override { return nullptr; }
  void copy_data(void* to, const void* from, size_t bytes) const override {
    default_copy_data(to, from, bytes);
  }

  static std::atomic<int64_t>& in_use() {
    static std::atomic<int64_t> bytes = 0;
    return bytes;
  }
  static std::atomic<int64_t>& peak() {
    static std::atomic<int64_t> bytes = 0;
    return bytes;
  }

 private:
  struct Block {
    at::DataPtr memory;
    int64_t bytes;
  };
  static void release(void* context) {
    const std::unique_ptr<Block> block(static_cast<Block*>(context));
    in_use() -= block->bytes;
  }
  at::Allocator* inner_;
};

// Peak bytes of one forward and backward pass over `tokens` tokens in rows of T, without the
// inputs. Only the scratch memory of a thread grows with T, (4 K + 32) T numbers, which is small
// compared with the tensors of a usual batch.
int64_t peak_bytes(SinkMode mode, int64_t T, int64_t tokens) {
  const Inputs in = make_inputs({.B = tokens / T, .H = 4, .J = 4, .T = T, .K = 16, .mode = mode});
  CountingAllocator counter;
  CountingAllocator::in_use() = CountingAllocator::peak() = 0;
  run(softmax_attention, in, mode, mode == SinkMode::none ? Loss::out_only : Loss::both,
      at::kFloat);
  return CountingAllocator::peak();
}

TEST(Memory, PeakDoesNotGrowWithTheContext) {
  for (const SinkMode mode : {SinkMode::none, SinkMode::first_key, SinkMode::logit}) {
    constexpr int64_t kTokens = 16384;
    const int64_t shorter = peak_bytes(mode, 1024, kTokens),
                  longer = peak_bytes(mode, 2048, kTokens);
    EXPECT_GT(shorter, kTokens * 4 * 16 * 4 * 5) << "the counter counts nothing";
    EXPECT_LE(static_cast<double>(longer) / static_cast<double>(shorter), 1.05);
  }
}

}  // namespace
}  // namespace sinkmoe::attention
