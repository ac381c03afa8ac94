// Why a pod is where it is, or nowhere.
#include "projections/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/world.h"

namespace bw {
namespace {

class ExplainTest : public testing::Test {
 protected:
  Explanation explained(std::string_view pod) const { return explain(world.state(), world.pod_number(pod)); }

  NodeExplanation on(std::string_view pod, std::string_view node) const {
    for (const NodeExplanation& one : explained(pod).nodes) {
      if (one.node == node) return one;
    }
    return {};
  }

  World world;
};

TEST_F(ExplainTest, SaysPerNodeWhichLinkLacksHowMuch) {
  world.node("n1", 1'000);
  world.node("n2", 1'000);
  world.edit_bandwidth("n2", [](BandwidthSeen& object) { object.local_dl = megabits(30); });
  world.pod("filler", "950M/990M");
  world.run("filler", "n1");
  world.pod("a", "100M");
  EXPECT_EQ(on("a", "n1"),
            (NodeExplanation{"n1", Reason::kNetworkUplink, "network", "", {megabits(50), megabits(90)}, 0}));
  EXPECT_EQ(on("a", "n2"), (NodeExplanation{"n2", Reason::kLocalDownlink, "local", "", {0, megabits(70)}, 0}));
}

TEST_F(ExplainTest, AgreesWithTheFilter) {
  for (int i = 0; i < 5; ++i) world.node("n" + std::to_string(i), 100 * i);
  world.bare_node("bare");
  world.pod("a", "250M");
  const FilterVerdict verdict = world.filter("a");
  std::vector<std::string> fitting;
  for (const NodeExplanation& node : explained("a").nodes) {
    if (node.reason == Reason::kFits) fitting.push_back(node.node);
  }
  EXPECT_EQ(fitting, world.names_of(verdict.named));
}

TEST_F(ExplainTest, NamesTheNodeOfTheMembersThatStandInTheWay) {
  world.node("n1", 1'000);
  world.node("n2", 1'000);
  world.workload(WorkloadKind::kStatefulSet, "peers", 3);
  for (const char* pod : {"p-0", "p-1"}) {
    world.pod(pod, "600M", "peers");
    ASSERT_TRUE(world.run(pod, "n1"));
  }
  world.pod("p-2", "600M", "peers");
  EXPECT_EQ(on("p-2", "n2"), (NodeExplanation{"n2", Reason::kGroupNetwork, "network", "n1", both(200), 0}));
  const Explanation explanation = explained("p-2");
  EXPECT_EQ(explanation.group, "StatefulSet net/peers");
  EXPECT_EQ(explanation.group_live, 2U);
  EXPECT_EQ(explanation.group_wanted, 3U);
  EXPECT_EQ(explanation.meeting_point, "n1");
}

TEST_F(ExplainTest, TellsTheRequestAndWhatBecameOfThePod) {
  world.node("n1");
  world.pod("a", "100M");
  world.filter("a");
  EXPECT_EQ(explained("a").request.rates, both(100));
  EXPECT_TRUE(explained("a").all_links);
  EXPECT_EQ(explained("a").attempts, 1U);
  EXPECT_FALSE(explained("a").refused);
  world.bind("a", "n1");
  EXPECT_EQ(explained("a").reserved_on, "n1");
  EXPECT_FALSE(explained("a").settled);
  world.confirm("a");
  EXPECT_TRUE(explained("a").settled);
}

TEST_F(ExplainTest, SaysWhatIsWrongWithARequest) {
  world.node("n1");
  world.pod("a", "-5");
  EXPECT_THAT(explained("a").request.problem, testing::HasSubstr("\"-5\""));
  EXPECT_EQ(on("a", "n1").reason, Reason::kInvalidRequest);
}

TEST_F(ExplainTest, LooksOnlyAtWhatWasOffered) {
  world.node("n1");
  world.node("n2");
  world.pod("a", "100M");
  NodeSet offered;
  offered.insert(world.node_number("n2"));
  const Explanation explanation = explain(world.state(), world.pod_number("a"), &offered);
  ASSERT_EQ(explanation.nodes.size(), 1U);
  EXPECT_EQ(explanation.nodes[0].node, "n2");
}

TEST_F(ExplainTest, APodWhoseWorkloadIsForgottenCanStillBeExplained) {
  world.node("n1");
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  world.pod("p-0", "", "peers");  // asks for nothing, so it is no member
  world.run("p-0", "n1");
  world.edit("p-0", [](PodSeen& pod) { pod.controller.reset(); });
  world.workload_gone("peers");
  ASSERT_EQ(world.state().workloads.size(), 0U);
  EXPECT_EQ(explained("p-0").group, "");
  world.workload(WorkloadKind::kStatefulSet, "others", 2);
  EXPECT_EQ(explained("p-0").group, "") << "the number has another bearer now";
}

}  // namespace
}  // namespace bw
