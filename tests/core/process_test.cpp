#include "core/system/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "core/system/process_stat.h"

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

// Its name is part of the line in /proc and may look like the fields after it.
TEST(ProcessStat, TellsALivingProcessFromOneThatHasEnded) {
  char name[16] = {};
  ::prctl(PR_GET_NAME, name);
  ::prctl(PR_SET_NAME, ") Z 1 (2");
  const auto self = process_stat(::getpid());
  ::prctl(PR_SET_NAME, name);
  ASSERT_TRUE(self);
  EXPECT_EQ(self->state, 'R');
  EXPECT_FALSE(self->ended());

  const pid_t child = start_process(shell("exit 0"));
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  const auto zombie = process_stat(child);
  ASSERT_TRUE(zombie);
  EXPECT_TRUE(zombie->ended());
  EXPECT_GE(zombie->start, self->start);
  wait_for(child);
  EXPECT_FALSE(process_stat(child));
}

}  // namespace
}  // namespace sinkmoe
