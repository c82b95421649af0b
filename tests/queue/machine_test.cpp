// The text that tells processors of one name apart.
#include "queue/machine.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

namespace sinkmoe::queue {
namespace {

TEST(Processor, IsNamedWithModelSteppingAndInstructionSet) {
  const std::string text = processor_text();
  EXPECT_TRUE(text.starts_with(processor_name() + " (")) << text;
#ifdef __x86_64__
  EXPECT_TRUE(std::regex_match(
      text,
      std::regex(".* \\(family \\d+, model \\d+, stepping \\d+, (avx512|avx2|avx|no avx)\\)")))
      << text;
  EXPECT_EQ(text.find("avx512") != std::string::npos, __builtin_cpu_supports("avx512f") != 0);
  EXPECT_EQ(text.find("avx2") != std::string::npos,
            __builtin_cpu_supports("avx2") && !__builtin_cpu_supports("avx512f"));
#endif
}

}  // namespace
}  // namespace sinkmoe::queue
