#include "tests/support/child_process.h"

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <thread>

#include "tests/support/temporary_folder.h"

namespace bw {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class ChildProcessTest : public ::testing::Test {
 protected:
  ChildProcess start_shell(const std::string& script) {
    Result<ChildProcess> child = ChildProcess::start(
        {.program = "/bin/sh", .arguments = {"-c", script}, .environment = {"GREETING=hello"}}, folder_.path() / "log");
    check(child.has_value(), "no shell");
    return std::move(*child);
  }
  std::string log() const { return last_lines(folder_.path() / "log", 100); }

  TemporaryFolder folder_{"child-process-test"};
};

bool exists(pid_t pid) { return ::kill(pid, 0) == 0; }

TEST_F(ChildProcessTest, WritesBothStreamsToItsLogAndSaysItsExitCode) {
  ChildProcess child = start_shell("echo $GREETING; echo oops >&2; exit 3");
  EXPECT_EQ(child.wait(seconds(10)), 3);
  EXPECT_EQ(log(), "  hello\n  oops\n");
  EXPECT_FALSE(child.running());
}

TEST_F(ChildProcessTest, AProgramThatIsNotThereIsAnErrorThatNamesIt) {
  const auto child = ChildProcess::start({.program = "/no/such/program"}, folder_.path() / "log");
  ASSERT_FALSE(child);
  EXPECT_EQ(child.error().code, ErrorCode::kNotFound);
  EXPECT_EQ(child.error().message, "cannot run /no/such/program: No such file or directory");
}

TEST_F(ChildProcessTest, StopAsksPolitelyFirst) {
  ChildProcess child = start_shell("trap 'echo polite; exit 0' TERM; echo ready; while :; do sleep 0.01; done");
  while (log().empty()) std::this_thread::sleep_for(milliseconds(5));
  EXPECT_EQ(child.stop(), 0);
  EXPECT_EQ(log(), "  ready\n  polite\n");
}

TEST_F(ChildProcessTest, StopKillsWhatDoesNotListen) {
  ChildProcess child = start_shell("trap '' TERM; echo ready; while :; do sleep 0.01; done");
  while (log().empty()) std::this_thread::sleep_for(milliseconds(5));
  EXPECT_EQ(child.stop(milliseconds(50)), 128 + SIGKILL);
}

TEST_F(ChildProcessTest, StopLetsOneThatIsPausedEndInItsOwnWay) {
  ChildProcess child = start_shell("trap 'exit 5' TERM; echo ready; while :; do sleep 0.01; done");
  while (log().empty()) std::this_thread::sleep_for(milliseconds(5));
  child.pause();
  EXPECT_EQ(child.stop(milliseconds(2000)), 5);
}

TEST_F(ChildProcessTest, PausedItDoesNothingUntilItResumes) {
  ChildProcess child = start_shell("sleep 0.05; exit 7");
  child.pause();
  EXPECT_EQ(child.wait(milliseconds(200)), std::nullopt);
  child.resume();
  EXPECT_EQ(child.wait(seconds(10)), 7);
}

TEST_F(ChildProcessTest, EndsWithItsOwner) {
  pid_t pid = 0;
  {
    const ChildProcess child = start_shell("exec sleep 60");
    pid = child.pid();
    EXPECT_TRUE(exists(pid));
  }
  EXPECT_FALSE(exists(pid));
}

TEST_F(ChildProcessTest, EndsWhenTheThreadThatStartedItDies) {
  std::optional<ChildProcess> child;
  std::thread([&] { child = start_shell("exec sleep 60"); }).join();
  EXPECT_EQ(child->wait(seconds(10)), 128 + SIGKILL);
}

TEST_F(ChildProcessTest, MovingOverOneStopsIt) {
  ChildProcess child = start_shell("exec sleep 60");
  const pid_t first = child.pid();
  child = start_shell("exec sleep 60");
  EXPECT_FALSE(exists(first));
  EXPECT_TRUE(child.running());
}

TEST(Run, GivesInputAndKeepsTheStreamsApart) {
  const auto output =
      run({.program = "/bin/sh", .arguments = {"-c", "cat; echo warning >&2; exit 4"}}, std::string(1 << 20, 'x'));
  ASSERT_TRUE(output);
  EXPECT_EQ(output->exit_code, 4);
  EXPECT_EQ(output->standard_output, std::string(1 << 20, 'x'));
  EXPECT_EQ(output->standard_error, "warning\n");
}

TEST(Run, KillsWhatTakesTooLong) {
  const auto output = run({.program = "/bin/sleep", .arguments = {"60"}}, "", milliseconds(50));
  ASSERT_FALSE(output);
  EXPECT_EQ(output.error().message, "sleep did not end within 50 ms");
}

}  // namespace
}  // namespace bw
