#include "projections/scoring.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/random_numbers.h"
#include "tests/support/world.h"

namespace bw {
namespace {

using testing::ElementsAre;

Policy only(ScoringPlugin plugin) {
  Policy policy;
  policy.plugins = {{plugin, 1, {}}};
  return policy;
}

// The scores of `pod` on nodes n1, n2, ..., as many as there are; -1 in a dead end.
class ScoringTest : public testing::Test {
 protected:
  explicit ScoringTest(const Policy& policy = {}) : world(policy) {}

  std::vector<std::int64_t> scores(std::string_view pod) const {
    const Pod& scored = world.pod_at(pod);
    const FitCheck fit(world.state(), scored);
    std::vector<NodeNumber> nodes;
    for (int i = 1; world.state().find_node("n" + std::to_string(i)); ++i) {
      nodes.push_back(world.node_number("n" + std::to_string(i)));
    }
    std::vector<std::int64_t> result;
    for (const RankedNode& node : score_nodes(world.state(), scored, fit, 1, nodes)) {
      result.push_back(node.outlook == Outlook::kDeadEnd ? -1 : node.score);
    }
    return result;
  }

  void member(std::string_view pod, std::string_view node, std::string_view request = "100M") {
    world.pod(pod, request, "peers");
    ASSERT_TRUE(world.run(pod, node)) << pod;
  }

  World world;
};

struct FreeBandwidthTest : ScoringTest {
  FreeBandwidthTest() : ScoringTest(only(ScoringPlugin::kFreeBandwidth)) {}
};

TEST_F(FreeBandwidthTest, IsTheShareThatIsLeftOnTheTightestLink) {
  world.node("n1", 1'000);
  world.node("n2", 500);
  world.node("n3", 1'000);
  world.edit_bandwidth("n3", [](BandwidthSeen& object) { object.network_dl = megabits(200); });
  world.pod("a", "100M");
  EXPECT_THAT(scores("a"), ElementsAre(90, 80, 50));
}

TEST_F(FreeBandwidthTest, CountsOnlyLinksThatThePodWouldBeChargedOn) {
  world.node("n1", 1'000);
  world.node("n2", 1'000);
  world.workload(WorkloadKind::kStatefulSet, "peers", 3);
  member("p-0", "n1");
  world.pod("p-1", "100M", "peers");
  EXPECT_THAT(scores("p-1"), ElementsAre(99, 90)) << "beside its peer the virtual switch is all it uses";
}

TEST_F(FreeBandwidthTest, ADirectionWithoutCapacityCountsOnlyIfThePodAsksForIt) {
  world.node("n1", 1'000);
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.network_dl = 0; });
  world.pod("a", "100M/");
  EXPECT_THAT(scores("a"), ElementsAre(90));
}

struct InterfaceCountTest : ScoringTest {
  InterfaceCountTest() : ScoringTest(only(ScoringPlugin::kInterfaceCount)) {}
};

TEST_F(InterfaceCountTest, PrefersTheLeastActive) {
  world.node("n1");
  world.node("n2");
  world.edit_node("n1", [](NodeSeen& node) { node.allocatable_pods = 10; });
  world.edit_bandwidth("n2", [](BandwidthSeen& object) { object.max_interfaces = 4; });
  for (const auto& [pod, node] : {std::pair("a", "n1"), std::pair("b", "n1"), std::pair("c", "n2")}) {
    world.pod(pod);
    world.run(pod, node);
  }
  world.pod("d", "1M");
  EXPECT_THAT(scores("d"), ElementsAre(80, 75));
}

struct ColocationTest : ScoringTest {
  ColocationTest() : ScoringTest(only(ScoringPlugin::kColocation)) {
    world.node("n1");
    world.node("n2");
    world.workload(WorkloadKind::kStatefulSet, "peers", 3);
  }
};

TEST_F(ColocationTest, IsForWhereTheMembersAre) {
  member("p-0", "n1");
  world.pod("p-1", "100M", "peers");
  EXPECT_THAT(scores("p-1"), ElementsAre(100, 0));
}

TEST_F(ColocationTest, GrowsWithTheShareOfMembersOnceTheGroupHasSpread) {
  world.workload(WorkloadKind::kStatefulSet, "peers", 10);
  for (const auto& [pod, node] : {std::pair("p-0", "n1"), std::pair("p-1", "n1"), std::pair("p-2", "n2")}) {
    member(pod, node);
  }
  world.pod("p-3", "100M", "peers");
  EXPECT_THAT(scores("p-3"), ElementsAre(20, 10));
}

TEST_F(ColocationTest, IsNothingWithoutAGroup) {
  world.pod("a", "100M");
  EXPECT_THAT(scores("a"), ElementsAre(0, 0));
}

TEST_F(ColocationTest, ADeadEndRanksLast) {
  // Twelve of 100M are wanted. n1 has local room for eleven; its network link carries ten. The eleventh there would
  // leave the twelfth nowhere to go.
  world.workload(WorkloadKind::kStatefulSet, "peers", 12);
  for (int i = 0; i < 10; ++i) member("p-" + std::to_string(i), "n1");
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.local_ul = object.local_dl = megabits(1'100); });
  world.pod("p-10", "100M", "peers");
  EXPECT_THAT(scores("p-10"), ElementsAre(-1, 0));
}

TEST_F(ColocationTest, WhereAllThatAreWantedFitThereIsNoDeadEnd) {
  world.workload(WorkloadKind::kStatefulSet, "peers", 12);
  for (int i = 0; i < 10; ++i) member("p-" + std::to_string(i), "n1");
  world.pod("p-10", "100M", "peers");
  EXPECT_THAT(scores("p-10"), ElementsAre(100, 0));
}

TEST(Ranking, TheOutlookStandsAboveTheScore) {
  const RankedNode good{NodeNumber{1}, Outlook::kGood, 0, 0};
  const RankedNode crowds{NodeNumber{2}, Outlook::kCrowds, 900, 0};
  const RankedNode dead_end{NodeNumber{3}, Outlook::kDeadEnd, 1'000, 0};
  EXPECT_TRUE(Better{}(good, crowds));
  EXPECT_TRUE(Better{}(crowds, dead_end));
  EXPECT_FALSE(Better{}(dead_end, good));
}

TEST_F(ColocationTest, LooksAtInterfacesAndPodsToo) {
  world.workload(WorkloadKind::kStatefulSet, "peers", 12);
  for (int i = 0; i < 10; ++i) member("p-" + std::to_string(i), "n1");
  world.pod("p-10", "100M", "peers");
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.max_interfaces = 11; });
  EXPECT_THAT(scores("p-10"), ElementsAre(-1, 0));
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.max_interfaces.reset(); });
  world.edit_node("n1", [](NodeSeen& node) { node.allocatable_pods = 11; });
  EXPECT_THAT(scores("p-10"), ElementsAre(-1, 0));
  world.edit_node("n1", [](NodeSeen& node) { node.allocatable_pods = 12; });
  EXPECT_THAT(scores("p-10"), ElementsAre(100, 0));
}

TEST(Scoring, WeighsThePluginsOfTheConfiguration) {
  Policy policy;
  policy.plugins = {{ScoringPlugin::kFreeBandwidth, 3, {}}, {ScoringPlugin::kInterfaceCount, 10, {}}};
  World world(policy);
  world.node("n1");
  world.pod("a", "100M");
  const FitCheck fit(world.state(), world.pod_at("a"));
  const auto scored = score_nodes(world.state(), world.pod_at("a"), fit, 1, {world.node_number("n1")});
  EXPECT_EQ(scored.at(0).score, 3 * 90 + 10 * 100);
}

// ---- order and choice ----

TEST(Ranking, IsTotalAndItsTiesDependOnSeedPodAttemptAndNode) {
  World world;
  std::vector<NodeNumber> nodes;
  for (int i = 0; i < 5; ++i) {
    world.node("n" + std::to_string(i));
    nodes.push_back(world.node_number("n" + std::to_string(i)));
  }
  world.pod("a", "100M");
  world.pod("b", "100M");
  const auto draws = [&](std::string_view pod, std::uint32_t attempt) {
    const FitCheck fit(world.state(), world.pod_at(pod));
    std::vector<std::uint64_t> result;
    for (const RankedNode& node : score_nodes(world.state(), world.pod_at(pod), fit, attempt, nodes)) {
      result.push_back(node.draw);
    }
    return result;
  };
  const auto first = draws("a", 1);
  EXPECT_EQ(std::set<std::uint64_t>(first.begin(), first.end()).size(), 5U) << "node";
  EXPECT_EQ(draws("a", 1), first);
  EXPECT_NE(draws("a", 2), first) << "attempt";
  EXPECT_NE(draws("b", 1), first) << "pod";
  Policy policy;
  policy.scoring_seed = 2;
  world.begin_epoch(policy);
  EXPECT_NE(draws("a", 1), first) << "seed";
}

TEST(Candidates, AreThreeQuartersTheBestAndOneQuarterDrawnFromTheRest) {
  State state;
  state.policy.candidates = 20;
  RandomNumbers random(3);
  std::vector<RankedNode> scored;
  for (std::uint32_t i = 0; i < 200; ++i)
    scored.push_back({NodeNumber{i}, Outlook::kGood, static_cast<std::int64_t>(i), random.next()});
  const std::vector<NodeNumber> chosen = choose_candidates(state, scored);
  const std::set<NodeNumber> set(chosen.begin(), chosen.end());
  ASSERT_EQ(set.size(), 20U);
  for (std::uint32_t i = 185; i < 200; ++i) EXPECT_TRUE(set.contains(NodeNumber{i})) << i;
  // The five others are those with the smallest draws of what is left.
  scored.resize(185);
  std::sort(scored.begin(), scored.end(), [](const RankedNode& a, const RankedNode& b) { return a.draw < b.draw; });
  for (std::size_t i = 0; i < 5; ++i) EXPECT_TRUE(set.contains(scored[i].node)) << i;
}

TEST(Candidates, AreAllWhereThereAreFew) {
  State state;
  state.policy.candidates = 20;
  EXPECT_EQ(choose_candidates(state, std::vector<RankedNode>(7)).size(), 7U);
}

TEST(FoldedScore, KeepsTheOrderOfTheBestTen) {
  EXPECT_EQ(folded_score(0), 10U);
  EXPECT_EQ(folded_score(9), 1U);
}

// ---- a large group is placed to its last member ----

// Without a word about pods per node: all could be on one node by its capacity, but a limit that only the
// scheduler knows takes full nodes out of what it offers.
TEST(Placement, AGroupThatTheSchedulerSpreadsIsNotLedIntoADeadEnd) {
  World world;
  std::vector<std::string> nodes;
  for (int i = 0; i < 12; ++i) nodes.push_back("n" + std::to_string(i));
  for (const std::string& node : nodes) {
    world.node(node, 1'000);
    world.edit_bandwidth(node, [](BandwidthSeen& object) { object.local_ul = object.local_dl = megabits(1'500); });
  }
  world.workload(WorkloadKind::kStatefulSet, "peers", 200);  // 4000M: on no node at once
  for (int i = 0; i < 200; ++i) {
    const std::string pod = "p-" + std::to_string(i);
    world.pod(pod, "20M", "peers");
    const FilterVerdict verdict = world.filter(pod);
    ASSERT_FALSE(verdict.named.empty()) << pod;
    const auto scores = world.prioritize(pod, world.names_of(verdict.named)).scores;
    ASSERT_TRUE(world.run(pod, world.state().nodes.at(scores.at(0).first).name)) << pod;
  }
}

}  // namespace
}  // namespace bw
