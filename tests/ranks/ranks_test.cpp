#include "ranks/ranks.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>

#include "ranks/threads.h"

namespace sinkmoe::ranks {
namespace {

using testing::on_ranks;

// Rows 5..11 of three ranks: rank 0 has 6, 9; rank 1 has 7, 10; rank 2 has 5, 8, 11.
TEST(Rows, BelongToTheRankOfTheirNumber) {
  EXPECT_EQ((Rows{0, 3}.first(5)), 6);
  EXPECT_EQ((Rows{0, 3}.count(5, 7)), 2);
  EXPECT_EQ((Rows{1, 3}.first(5)), 7);
  EXPECT_EQ((Rows{1, 3}.count(5, 7)), 2);
  EXPECT_EQ((Rows{2, 3}.first(5)), 5);
  EXPECT_EQ((Rows{2, 3}.count(5, 7)), 3);
  EXPECT_EQ((Rows{1, 2}.count(4, 1)), 0) << "row 4 is rank 0's";
  EXPECT_EQ((Rows{}.first(3)), 3);
  EXPECT_EQ((Rows{}.count(3, 4)), 4);
}

TEST(Group, SumsBroadcastsAndSends) {
  on_ranks(4, [](Group& group) {
    const auto rank = static_cast<double>(group.rank());
    const at::Tensor x = at::full({3}, rank + 1, at::kDouble);
    group.sum(x);
    EXPECT_EQ(x[2].item<double>(), 10);
    const at::Tensor y = at::full({2}, rank, at::kFloat);
    group.broadcast(y, 2);
    EXPECT_EQ(y[0].item<float>(), 2);
    const at::Tensor z = at::full({1}, rank, at::kFloat);
    if (group.rank() == 3) group.send(z, 0);
    if (group.rank() == 0) {
      group.receive(z, 3);
      EXPECT_EQ(z[0].item<float>(), 3);
    }
  });
}

// Means 1, 2 and 4 of ranks with 1/2, 1/4 and 1/4 of the rows: 2; the gradient of 3 x is 3 * part.
TEST(MeanOverRanks, WeighsEachRankByItsRows) {
  on_ranks(3, [](Group& group) {
    const double means[] = {1, 2, 4}, parts[] = {0.5, 0.25, 0.25};
    const at::Tensor x = at::full({2}, means[group.rank()], at::kFloat).set_requires_grad(true);
    const at::Tensor y = mean_over_ranks(x, {&group, parts[group.rank()]});
    EXPECT_EQ(y[1].item<float>(), 2);
    (3 * y.sum()).backward();
    EXPECT_FLOAT_EQ(x.grad()[0].item<float>(), static_cast<float>(3 * parts[group.rank()]));
  });
  const at::Tensor alone = at::ones({1});
  EXPECT_TRUE(mean_over_ranks(alone, {}).is_same(alone));
}

TEST(Group, OthersWaitLongerForRankZeroThanForEachOther) {
  std::atomic<bool> done = false;
  on_ranks(
      3,
      [&](Group& group) {
        group.lead([&] {
          std::this_thread::sleep_for(std::chrono::milliseconds(2500));
          done = true;
        });
        EXPECT_TRUE(done);
      },
      std::chrono::seconds(2));
}

TEST(Group, ARankThatDoesNotAnswerIsLost) {
  EXPECT_THROW(on_ranks(
                   3,
                   [](Group& group) {
                     if (group.rank() == 1) return;
                     group.sum(at::ones({4}));
                   },
                   std::chrono::seconds(2)),
               RankLost);
}

TEST(RequireEqual, NamesTheRankWhoseBitsDiffer) {
  on_ranks(3, [](Group& group) {
    const at::Tensor x = at::arange(1000, at::kFloat);
    require_equal(x, group, "numbers");
    if (group.rank() == 2) x[700] += 1e-4;
    try {
      require_equal(x, group, "numbers");
      ADD_FAILURE();
    } catch (const std::runtime_error& e) {
      EXPECT_NE(std::string(e.what()).find("numbers of rank 2 differ"), std::string::npos);
    }
  });
}

}  // namespace
}  // namespace sinkmoe::ranks
