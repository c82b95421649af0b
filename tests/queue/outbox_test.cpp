#include "queue/worker/outbox.h"

#include <gmock/gmock.h>

#include <future>
#include <stdexcept>
#include <vector>

namespace sinkmoe::queue {
namespace {

TEST(Outbox, WritesInOrderWhileTheCallerGoesOn) {
  std::promise<void> free;
  const std::shared_future<void> held = free.get_future().share();
  std::vector<int> written;
  Outbox outbox;
  outbox.put([held] { held.wait(); }, 1);  // another program holds the database
  for (int i = 0; i < 100; ++i) outbox.put([&written, i] { written.push_back(i); }, 1000);
  outbox.check();
  free.set_value();
  outbox.flush();
  ASSERT_EQ(written.size(), 100u);
  EXPECT_TRUE(std::is_sorted(written.begin(), written.end()));
}

TEST(Outbox, AFailureEndsItAndIsThrownAtEveryLaterCall) {
  bool later = false;
  Outbox outbox;
  outbox.put([] { throw std::runtime_error("the disk is full"); }, 1);
  EXPECT_THROW(outbox.flush(), std::runtime_error);
  EXPECT_THROW(outbox.put([&] { later = true; }, 1), std::runtime_error);
  EXPECT_THROW(outbox.check(), std::runtime_error);
  EXPECT_FALSE(later);
}

TEST(Outbox, ItWaitsWhenItHoldsTooMuch) {
  std::promise<void> free;
  const std::shared_future<void> held = free.get_future().share();
  Outbox outbox;
  outbox.put([held] { held.wait(); }, int64_t{64} << 20);
  auto second = std::async(std::launch::async, [&] { outbox.put([] {}, 1); });
  EXPECT_EQ(second.wait_for(std::chrono::milliseconds(50)), std::future_status::timeout);
  free.set_value();
  second.get();
  outbox.flush();
}

}  // namespace
}  // namespace sinkmoe::queue
