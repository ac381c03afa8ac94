#include "tests/support/scheduler_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "tests/support/programs.h"

namespace bw {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string shipped() {
  std::ifstream stream(repository_file("deploy/scheduler-config.yaml"));
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(SchedulerConfig, ChangesAddressesAndKeepsTheRest) {
  const std::string text =
      scheduler_config(shipped(), {.extender_url = "http://127.0.0.1:5/scheduler"}, "/etc/kubeconfig");
  EXPECT_THAT(text, HasSubstr("\n- urlPrefix: http://127.0.0.1:5/scheduler\n"));
  EXPECT_THAT(text, HasSubstr("\n  kubeconfig: /etc/kubeconfig\n"));
  EXPECT_THAT(text, HasSubstr("\n  leaderElect: false\n"));
  EXPECT_THAT(text, HasSubstr("\npercentageOfNodesToScore: 100\n"));
  EXPECT_THAT(text, HasSubstr("\n  bindVerb: bind\n"));
  EXPECT_THAT(text, HasSubstr("\n  nodeCacheCapable: true\n"));
  EXPECT_THAT(text, HasSubstr("\n  ignorable: false\n"));
  EXPECT_THAT(text, HasSubstr("\n- schedulerName: default-scheduler\n"));
  EXPECT_THAT(text, Not(HasSubstr("9443")));
}

TEST(SchedulerConfig, WithoutAnExtenderThereIsNone) {
  const std::string text = scheduler_config(shipped(), {.name = "other"}, "/etc/kubeconfig");
  EXPECT_THAT(text, Not(HasSubstr("\nextenders:")));
  EXPECT_THAT(text, Not(HasSubstr("urlPrefix")));
  EXPECT_THAT(text, HasSubstr("schedulerName: other"));
}

TEST(SchedulerConfig, LeavesOutVerbsThatAreNotWanted) {
  const std::string text = scheduler_config(
      shipped(), {.extender_url = "http://x", .prioritize = false, .bind = false, .preempt = false}, "/k");
  EXPECT_THAT(text, HasSubstr("filterVerb"));
  EXPECT_THAT(text, Not(HasSubstr("prioritizeVerb")));
  EXPECT_THAT(text, Not(HasSubstr("bindVerb")));
  EXPECT_THAT(text, Not(HasSubstr("preemptVerb")));
}

TEST(SchedulerConfigDeathTest, SaysWhichLineTheShippedFileLost) {
  EXPECT_DEATH(scheduler_config("kind: KubeSchedulerConfiguration\n", {}, "/k"), "has no kubeconfig");
}

}  // namespace
}  // namespace bw
