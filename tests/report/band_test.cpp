#include "report/draw/band.h"

#include <gmock/gmock.h>

namespace sinkmoe::report {
namespace {

using testing::DoubleNear;

void expect_points(const std::vector<BandPoint>& cut, const std::vector<BandPoint>& wanted) {
  ASSERT_EQ(cut.size(), wanted.size());
  for (size_t i = 0; i < cut.size(); ++i) {
    EXPECT_NEAR(cut[i].x, wanted[i].x, 1e-12) << i;
    EXPECT_NEAR(cut[i].low, wanted[i].low, 1e-12) << i;
    EXPECT_NEAR(cut[i].high, wanted[i].high, 1e-12) << i;
  }
}

TEST(Band, InsideTheFrameItStaysAsItIs) {
  const std::vector<BandPoint> band = {{0, 1, 2}, {1, 1.5, 3}, {2, 0.5, 1}};
  expect_points(cut_band(band, false, false, {0, 4}), band);
  EXPECT_TRUE(cut_band({}, false, false, {0, 4}).empty());
}

TEST(Band, AnEdgeThatLeavesTheFrameIsCutWhereItLeaves) {
  // The upper edge rises from 1 to 3 over a frame that ends at 2: half-way; the lower one falls
  // through 0 at a quarter.
  expect_points(cut_band({{0, 0.5, 1}, {1, -1.5, 3}}, false, false, {0, 2}),
                {{0, 0.5, 1}, {0.25, 0, 1.5}, {0.5, 0, 2}, {1, 0, 2}});
}

TEST(Band, OutsideTheFrameItHasNoHeight) {
  expect_points(cut_band({{0, 5, 6}, {1, 7, 9}}, false, false, {0, 2}), {{0, 2, 2}, {1, 2, 2}});
}

TEST(Band, OnLogarithmicAxesEdgesAreStraightInTheLogarithm) {
  // From 1 to 100 over a decade of x: the edge crosses 10 at the geometric mean of the xs.
  expect_points(cut_band({{1, 1, 1}, {100, 1, 100}}, true, true, {0.1, 10}),
                {{1, 1, 1}, {10, 1, 10}, {100, 1, 10}});
  for (const BandPoint& p : cut_band({{1, 1, 2}, {10, -1, 2}}, true, true, {0.1, 10}))
    EXPECT_GE(p.low, 0.1);
}

}  // namespace
}  // namespace sinkmoe::report
