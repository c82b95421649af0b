// Which attention op a GPU may use: the one that passes its gradient test.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "attention/sdpa/self_test.h"
#include "core/error.h"

namespace sinkmoe::attention {
namespace {

SelfTest result(const std::string& op, double error) { return {op, error, 1e-2}; }

TEST(Admission, FastTakesCudnnOnlyWhenItsTestPasses) {
  const Admission good = admit(true, [](bool) { return result("cudnn", 1e-3); });
  EXPECT_TRUE(good.cudnn);
  EXPECT_NE(good.text.find("cudnn passed"), std::string::npos);
  const Admission fallen =
      admit(true, [](bool cudnn) { return cudnn ? result("cudnn", NAN) : result("flash", 1e-3); });
  EXPECT_FALSE(fallen.cudnn);
  EXPECT_NE(fallen.text.find("flash passed"), std::string::npos);
  EXPECT_NE(fallen.text.find("cudnn failed"), std::string::npos);
}

TEST(Admission, ExactNeverAsksForCudnn) {
  bool asked = false;
  const Admission a = admit(false, [&](bool cudnn) {
    asked |= cudnn;
    return result("flash", 1e-3);
  });
  EXPECT_FALSE(asked);
  EXPECT_FALSE(a.cudnn);
}

TEST(Admission, ATestThatThrowsHasFailedAndNothingPassingIsAnError) {
  const auto broken = [](bool cudnn) -> SelfTest {
    if (cudnn) throw std::runtime_error("no engine\nlong trace");
    return result("flash", 0.5);
  };
  try {
    admit(true, broken);
    FAIL();
  } catch (const Error& e) {
    const std::string what = e.what();
    EXPECT_NE(what.find("no engine"), std::string::npos);
    EXPECT_EQ(what.find("long trace"), std::string::npos);
    EXPECT_NE(what.find("flash failed"), std::string::npos);
  }
}

// The real self-test, on the device that is always there.
TEST(Admission, TheCpuIsAdmitted) {
  const Admission a =
      admit_attention(at::kCPU, at::kFloat, {.H = 6, .J = 3, .T = 130, .K = 24, .B = 1}, false);
  EXPECT_NE(a.text.find("cpu passed"), std::string::npos);
}

}  // namespace
}  // namespace sinkmoe::attention
