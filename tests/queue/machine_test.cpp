// The text that tells processors of one name apart, and the limit of processor time, in folders made by hand after what the
// kernel shows in a container.
#include "queue/machine.h"

#include <fstream>
#include <regex>

#include "sweep_fixture.h"

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

class ProcessorLimit : public testing::Test {
 protected:
  void write(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    std::ofstream(folder_ / name) << text << "\n";
  }
  std::optional<double> limit() { return processor_limit(folder_ / "cgroup", folder_ / "sys"); }
  Folder folder_;
};

TEST_F(ProcessorLimit, IsTheLowestOfTheGroupsAbove) {
  write("cgroup", "0::/kubepods/pod1/box");
  write("sys/kubepods/pod1/box/cpu.max", "max 100000");
  write("sys/kubepods/pod1/cpu.max", "200000 100000");
  write("sys/kubepods/cpu.max", "1600000 100000");
  EXPECT_EQ(limit(), 2);
}

TEST_F(ProcessorLimit, IsFoundAtTheRootInsideAContainer) {
  write("cgroup", "0::/");
  write("sys/cpu.max", "50000 100000");
  EXPECT_EQ(limit(), 0.5);
  write("cgroup", "0::/docker/of_the_host");
  EXPECT_EQ(limit(), 0.5);
}

TEST_F(ProcessorLimit, OfTheFirstVersion) {
  write("cgroup", "5:memory:/docker/x\n4:cpu,cpuacct:/docker/x\n1:cpuset:/docker/x");
  write("sys/cpu/docker/x/cpu.cfs_quota_us", "150000");
  write("sys/cpu/docker/x/cpu.cfs_period_us", "100000");
  EXPECT_EQ(limit(), 1.5);
  write("sys/cpu/docker/x/cpu.cfs_quota_us", "-1");
  EXPECT_EQ(limit(), std::nullopt);
}

TEST_F(ProcessorLimit, IsAbsentWithoutOne) {
  EXPECT_EQ(limit(), std::nullopt);
  write("cgroup", "0::/");
  write("sys/cpu.max", "max 100000");
  EXPECT_EQ(limit(), std::nullopt);
}

}  // namespace
}  // namespace sinkmoe::queue
