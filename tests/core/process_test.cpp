#include "core/system/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace sinkmoe {
namespace {

Launch shell(const std::string& script) {
  return {.program = "sh",
          .arguments = {"sh", "-c", script},
          .environment = {"PATH=/usr/bin:/bin", "WORD=b"}};
}

TEST(Process, HasItsArgumentsAndItsEnvironmentAlone) {
  EXPECT_EQ(
      WEXITSTATUS(wait_for(start_process(shell("[ $WORD = b ] && [ -z \"$HOME\" ] && exit 3")))),
      3);
}

TEST(Process, WritesIntoTheDescriptorThatItWasGiven) {
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  Launch launch = shell("printf hello >&7");
  launch.descriptors = {{ends[1], 7}};
  EXPECT_EQ(wait_for(start_process(launch)), 0);
  char text[16] = {};
  EXPECT_EQ(::read(ends[0], text, sizeof text), 5);
  EXPECT_STREQ(text, "hello");
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(Process, IsKilledWhenItsTimeIsOver) {
  EXPECT_FALSE(wait_for(start_process(shell("sleep 60")), 0));
  EXPECT_EQ(wait_for(start_process(shell("exit 0")), 60), 0);
}

TEST(Process, AnIgnoredSignalIsHandledByDefaultAgain) {
  ::signal(SIGTERM, SIG_IGN);
  Launch launch = shell("kill -TERM $$; exit 0");
  launch.blocked_signals.emplace();
  ::sigemptyset(&*launch.blocked_signals);
  const int status = wait_for(start_process(launch));
  ::signal(SIGTERM, SIG_DFL);
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST(Process, AProgramThatIsNotThereIsNamed) {
  try {
    start_process({.program = "no-such-program", .arguments = {"x"}});
    FAIL() << "started";
  } catch (const std::system_error& e) {
    EXPECT_EQ(e.code().value(), ENOENT);
  }
}

}  // namespace
}  // namespace sinkmoe
