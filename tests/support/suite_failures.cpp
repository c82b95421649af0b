// Ends a test program when the set-up or tear-down of a suite fails. GoogleTest would go on, and print of every test of the
// suite that it is skipped; ctest believes that, and nobody sees that the tests never ran.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

namespace sinkmoe {
namespace {

class SuiteFailures : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo&) override { in_test_ = true; }
  void OnTestEnd(const testing::TestInfo&) override { in_test_ = false; }
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (!result.failed() || in_test_) return;
    std::fputs("the set-up or tear-down of a suite failed: its tests do not count\n", stdout);
    std::fflush(nullptr);
    std::_Exit(1);
  }

  bool in_test_ = false;
};

// GoogleTest owns the listener. It comes after the printer, which shows the failure first.
[[maybe_unused]] const bool listens = [] {
  testing::UnitTest::GetInstance()->listeners().Append(new SuiteFailures);
  return true;
}();

}  // namespace
}  // namespace sinkmoe
