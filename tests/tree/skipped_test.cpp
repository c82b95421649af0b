// What ctest makes of tests that skip themselves and of tests that never ran (tests/support/suite_failures.cpp): it starts
// this program again, with the pattern for skipped tests that gtest_discover_tests uses.
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace sinkmoe::tree {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPlanted = "SINKMOE_PLANTED_TESTS";  // an environment variable

class SetUpThrows : public testing::Test {
 protected:
  static void SetUpTestSuite() { throw std::runtime_error("planted"); }
  void TestBody() override {}
};

class SetUpFails : public testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(false); }
  void TestBody() override {}
};

class Passes : public testing::Test {
  void TestBody() override {}
};

class Skips : public testing::Test {
  void TestBody() override { GTEST_SKIP() << "planted"; }
};

class FailsAndSkips : public testing::Test {
  void TestBody() override {
    EXPECT_TRUE(false);
    GTEST_SKIP() << "planted";
  }
};

template <class Planted>
void plant(const char* suite) {
  testing::RegisterTest(suite, "Test", nullptr, nullptr, __FILE__, __LINE__,
                        []() -> Planted* { return new Planted; });
}

// These tests are there only for the copy of the program that the test below starts.
const bool planted = [] {
  if (!std::getenv(kPlanted)) return false;
  plant<SetUpThrows>("SetUpThrows");
  plant<SetUpFails>("SetUpFails");
  plant<Passes>("Passes");
  plant<Skips>("Skips");
  plant<FailsAndSkips>("FailsAndSkips");
  return true;
}();

// The word of ctest for the planted test of a suite.
std::string word_for(const std::string& suite) {
  const fs::path folder = testing::TempDir() + "sinkmoe-skipped";
  fs::create_directories(folder);
  std::ofstream(folder / "CTestTestfile.cmake")
      << "add_test(planted [==[" << fs::read_symlink("/proc/self/exe").string()
      << "]==] --gtest_filter=" << suite << ".Test)\n"
      << "set_tests_properties(planted PROPERTIES ENVIRONMENT " << kPlanted
      << "=1 SKIP_REGULAR_EXPRESSION [==[\\[  SKIPPED \\]]==])\n";
  const std::string command =
      std::string(SINKMOE_CTEST) + " --test-dir '" + folder.string() + "' 2>&1";
  FILE* pipe = ::popen(command.c_str(), "r");
  if (!pipe) return "no ctest";
  std::string text;
  for (std::array<char, 4096> part; const size_t n = std::fread(part.data(), 1, part.size(), pipe);)
    text.append(part.data(), n);
  ::pclose(pipe);
  fs::remove_all(folder);
  for (const char* word : {"***Failed", "***Skipped", "Passed"})
    if (text.find(word) != std::string::npos) return word;
  return text;
}

TEST(Skipped, OnlyATestThatSkipsItselfIs) {
  EXPECT_EQ(word_for("Passes"), "Passed");
  EXPECT_EQ(word_for("Skips"), "***Skipped");
  EXPECT_EQ(word_for("FailsAndSkips"), "***Failed");
  EXPECT_EQ(word_for("SetUpThrows"), "***Failed");
  EXPECT_EQ(word_for("SetUpFails"), "***Failed");
}

}  // namespace
}  // namespace sinkmoe::tree
