#include "core/random.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>
#include <span>

namespace sinkmoe {
namespace {

// Known answers of Random123 (kat_vectors, philox4x32 10).
TEST(Philox, MatchesPublishedVectors) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (std::array<uint32_t, 4>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  const uint32_t f = 0xffffffff;
  EXPECT_EQ(philox4x32({f, f, f, f}, {f, f}),
            (std::array<uint32_t, 4>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
}

TEST(Draw, DependsOnEveryPartOfItsKey) {
  const uint64_t base = Draw(1, "rows", 2, 3).next64();
  EXPECT_EQ(base, Draw(1, "rows", 2, 3).next64());
  EXPECT_NE(base, Draw(2, "rows", 2, 3).next64());
  EXPECT_NE(base, Draw(1, "init", 2, 3).next64());
  EXPECT_NE(base, Draw(1, "rows", 3, 3).next64());
  EXPECT_NE(base, Draw(1, "rows", 2, 4).next64());
}

// The table of docs/random.md, from a separate program.
TEST(Draw, GivesTheVectorsOfThePage) {
  Draw rows(1, "rows", 2, 3);
  for (const uint64_t want : {0xf8c968b2b2a547e5u, 0xffd3b3cec2a0d7ecu, 0xee0437daeb68291du})
    EXPECT_EQ(rows.next64(), want);
  const uint64_t positions[] = {40, 55, 39, 35, 26, 58};
  for (uint64_t row = 0; row < 6; ++row)
    EXPECT_EQ(Draw(0, "probe/value", 0, row).below(63), positions[row]);
  Draw weights(0, "init/model.embed_tokens.weight");
  EXPECT_NEAR(weights.normal(), 0.6343791303662195, 1e-15);
  EXPECT_NEAR(weights.normal(), 0.30890639592845565, 1e-15);
  std::array<int, 8> order = {0, 1, 2, 3, 4, 5, 6, 7};
  Draw heads(0, "probe/head order");
  shuffle(heads, std::span<int>(order));
  EXPECT_EQ(order, (std::array<int, 8>{5, 2, 4, 6, 0, 1, 3, 7}));
}

TEST(Draw, NormalHasMeanZeroAndVarianceOne) {
  Draw draw(7, "normal");
  const int n = 200000;
  double sum = 0, squares = 0;
  for (int i = 0; i < n; ++i) {
    const double x = draw.normal();
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / n, 0, 5 / std::sqrt(n));
  EXPECT_NEAR(squares / n, 1, 5 * std::sqrt(2.0 / n));
}

TEST(Draw, ShuffleGivesEveryOrderEquallyOften) {
  Draw draw(7, "shuffle");
  std::map<std::array<int, 3>, int> count;
  for (int i = 0; i < 60000; ++i) {
    std::array<int, 3> order = {0, 1, 2};
    shuffle(draw, std::span<int>(order));
    ++count[order];
  }
  EXPECT_EQ(count.size(), 6u);
  for (const auto& [order, n] : count) EXPECT_NEAR(n, 10000, 500);
}

TEST(Draw, BelowIsUniform) {
  Draw draw(7, "below");
  std::array<int, 7> count{};
  for (int i = 0; i < 70000; ++i) ++count[draw.below(7)];
  for (int c : count) EXPECT_NEAR(c, 10000, 500);
}

}  // namespace
}  // namespace sinkmoe
