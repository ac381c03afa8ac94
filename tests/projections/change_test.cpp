// Groups as they come to be known, and what a new start or another policy leaves standing.
#include "projections/state.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "projections/digest.h"
#include "projections/effects.h"
#include "tests/support/world.h"

namespace bw {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class GroupTest : public testing::Test {
 protected:
  GroupTest() {
    for (const char* name : {"n1", "n2", "n3"}) world.node(name);
  }

  void named(std::string_view pod, std::string_view request, std::string_view of = "") {
    world.prepare_pod(pod, request, of);
    world.edit(pod, [](PodSeen& seen) { seen.fields.group = "g"; });
  }

  void member(std::string_view pod, std::string_view of, std::string_view node, std::string_view request = "100M") {
    world.pod(pod, request, of);
    ASSERT_TRUE(world.run(pod, node)) << pod;
  }

  std::int64_t network(std::string_view node) const { return world.network(node).used.ul / kBitsPerMegabit; }
  std::int64_t local(std::string_view node) const { return world.local(node).used.ul / kBitsPerMegabit; }
  std::size_t groups() const { return world.state().groups.size(); }

  World world;
};

// ---- late knowledge (R7): it may lower a charge and never raises one ----

TEST_F(GroupTest, ADeploymentSeenLateRefundsTheMembersThatMeet) {
  member("a", "ReplicaSet/web-1", "n1");
  member("b", "ReplicaSet/web-1", "n1");
  EXPECT_EQ(network("n1"), 200) << "nobody knows what the ReplicaSet wants";
  world.workload(WorkloadKind::kDeployment, "web", 2);
  EXPECT_EQ(network("n1"), 200) << "nobody knows that it is the Deployment's";
  world.workload(WorkloadKind::kReplicaSet, "web-1", {}, "web");
  EXPECT_EQ(network("n1"), 0);
  EXPECT_EQ(local("n1"), 200);
  EXPECT_EQ(groups(), 1U);
}

TEST_F(GroupTest, ADeploymentSeenAfterItsReplicaSetRefundsToo) {
  world.workload(WorkloadKind::kReplicaSet, "web-1", {}, "Deployment/web");
  member("a", "web-1", "n1");
  member("b", "web-1", "n1");
  EXPECT_EQ(network("n1"), 200);
  world.workload(WorkloadKind::kDeployment, "web", 2);
  EXPECT_EQ(network("n1"), 0);
}

TEST_F(GroupTest, TwoReplicaSetsOfADeploymentAreOneGroup) {
  world.workload(WorkloadKind::kDeployment, "web", 2);
  world.workload(WorkloadKind::kReplicaSet, "web-1", {}, "web");
  world.workload(WorkloadKind::kReplicaSet, "web-2", {}, "web");
  member("a", "web-1", "n1");
  member("b", "web-2", "n1");
  EXPECT_EQ(groups(), 1U);
  EXPECT_EQ(network("n1"), 0);
  member("c", "web-2", "n2");
  EXPECT_EQ(network("n1"), 200) << "the old revision is charged for the new one elsewhere";
}

TEST_F(GroupTest, LateKnowledgeDoesNotChargeThoseWhoMeetAlready) {
  world.workload(WorkloadKind::kDeployment, "web", 4);
  world.workload(WorkloadKind::kReplicaSet, "web-1", {}, "web");
  member("a", "web-1", "n1", "400M");
  member("b", "web-1", "n1", "400M");
  member("old", "ReplicaSet/web-0", "n2");
  world.pod("filler", "900M");
  ASSERT_TRUE(world.run("filler", "n1"));
  EXPECT_EQ(network("n1"), 900);
  world.workload(WorkloadKind::kReplicaSet, "web-0", {}, "web");
  EXPECT_EQ(network("n1"), 900) << "1700 would not fit, and nobody decided it";
  EXPECT_EQ(network("n2"), 100) << "the late one stays charged on all links";
  EXPECT_TRUE(world.state().overcommitted.empty());
}

TEST_F(GroupTest, LateKnowledgeLetsAMemberJoinWhereTheOthersMeet) {
  world.workload(WorkloadKind::kDeployment, "web", 4);
  world.workload(WorkloadKind::kReplicaSet, "web-1", {}, "web");
  member("a", "web-1", "n1");
  member("old", "ReplicaSet/web-0", "n1");
  EXPECT_EQ(network("n1"), 100);
  world.workload(WorkloadKind::kReplicaSet, "web-0", {}, "web");
  EXPECT_EQ(network("n1"), 0);
  EXPECT_EQ(groups(), 1U);
}

TEST_F(GroupTest, ATerminatingMemberOfALateDeploymentStillCounts) {
  member("a", "ReplicaSet/web-1", "n1");
  world.terminate("a");
  world.workload(WorkloadKind::kReplicaSet, "web-1", {}, "Deployment/web");
  world.workload(WorkloadKind::kDeployment, "web", 1);
  EXPECT_EQ(network("n1"), 100) << "its group wants one and has one";
  EXPECT_EQ(digest_from_scratch(world.state()), world.state().digest);
}

// ---- members that come, go and change ----

TEST_F(GroupTest, ARestartFindsItsRoomAgain) {
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  member("p-0", "peers", "n1", "400M");
  member("p-1", "peers", "n2", "400M");
  world.gone("p-1");
  EXPECT_EQ(network("n1"), 400) << "two are wanted, one lives: the point stays";
  world.pod("other", "700M");
  EXPECT_EQ(world.bind("other", "n1").outcome, BindVerdict::Outcome::kRefuse);
  member("p-1", "peers", "n2", "400M");
}

TEST_F(GroupTest, ScalingDownToOneChargesTheLastMemberOnAllLinks) {
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  member("p-0", "peers", "n1", "400M");
  member("p-1", "peers", "n1", "400M");
  member("q", "ReplicaSet/x", "n1", "700M");
  world.workload(WorkloadKind::kStatefulSet, "peers", 1);
  EXPECT_EQ(network("n1"), 700) << "two still live";
  world.gone("p-1");
  EXPECT_EQ(network("n1"), 1'100);
  EXPECT_TRUE(world.network("n1").overcommitted) << "counted, although it was not our decision (R10)";
}

TEST_F(GroupTest, ALastMemberOnItsWayOutIsNotChargedMore) {
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  member("p-0", "peers", "n1", "400M");
  member("p-1", "peers", "n1", "400M");
  world.workload(WorkloadKind::kStatefulSet, "peers", 0);
  world.terminate("p-0");
  world.terminate("p-1");
  world.gone("p-1");
  EXPECT_EQ(network("n1"), 0);
}

TEST_F(GroupTest, ASurgeOfADeploymentOfOneKeepsAllLinksCharged) {
  world.workload(WorkloadKind::kDeployment, "web", 1);
  world.workload(WorkloadKind::kReplicaSet, "web-1", {}, "web");
  world.workload(WorkloadKind::kReplicaSet, "web-2", {}, "web");
  member("old", "web-1", "n1", "300M");
  member("new", "web-2", "n1", "300M");
  EXPECT_EQ(network("n1"), 600) << "the room of the one that stays is not given away in between";
  world.terminate("old");
  world.gone("old");
  EXPECT_EQ(network("n1"), 300);
}

TEST_F(GroupTest, APodOfAGroupThatAsksForNothingIsNoMember) {
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  member("p-0", "peers", "n1", "");
  EXPECT_EQ(groups(), 0U);
  member("p-1", "peers", "n1");
  EXPECT_EQ(groups(), 1U);
  EXPECT_EQ(world.state().nodes.at(world.node_number("n1")).pods.size(), 2U);
}

TEST_F(GroupTest, OneUidIsOneMember) {
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  member("p-0", "peers", "n1");
  world.edit("p-0", [](PodSeen& pod) { pod.fields.phase = PodPhase::kRunning; });
  world.observe(ObservedBy::kWatch, Stream::kPods, world.shown("p-0"));
  EXPECT_EQ(world.state().ledger.group(GroupNumber{0})->live, 1U);
}

// ---- named groups ----

TEST_F(GroupTest, ANamedGroupHoldsPodsOfSeveralWorkloads) {
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  world.workload(WorkloadKind::kStatefulSet, "clients", 2);
  for (const char* pod : {"p-0", "p-1"}) {
    named(pod, "100M", "peers");
    ASSERT_TRUE(world.run(pod, "n1"));
  }
  EXPECT_EQ(network("n1"), 0);
  named("c-0", "100M", "clients");
  ASSERT_TRUE(world.run("c-0", "n2"));
  EXPECT_EQ(network("n1"), 200);
  EXPECT_EQ(network("n2"), 100);
  EXPECT_EQ(groups(), 1U);
}

TEST_F(GroupTest, AWorkloadThatBecomesKnownTellsWhatItsNamedGroupWants) {
  named("a", "100M", "ReplicaSet/web-1");
  named("b", "100M", "ReplicaSet/web-1");
  ASSERT_TRUE(world.run("a", "n1"));
  ASSERT_TRUE(world.run("b", "n1"));
  EXPECT_EQ(network("n1"), 200);
  world.workload(WorkloadKind::kReplicaSet, "web-1", {}, "Deployment/web");
  EXPECT_EQ(network("n1"), 200);
  world.workload(WorkloadKind::kDeployment, "web", 2);
  EXPECT_EQ(network("n1"), 0);
  EXPECT_EQ(digest_from_scratch(world.state()), world.state().digest);
}

TEST_F(GroupTest, ANewcomerWhoseWantsNobodyKnowsNeedsRoomWithAllOthers) {
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  for (const char* pod : {"p-0", "p-1"}) {
    named(pod, "400M", "peers");
    ASSERT_TRUE(world.run(pod, "n1"));
  }
  named("x", "300M", "Rollout/blue");
  EXPECT_EQ(world.bind("x", "n1").outcome, BindVerdict::Outcome::kRefuse) << "800 and 300 on a link of 1000";
  EXPECT_TRUE(world.state().overcommitted.empty());
  named("y", "200M", "Rollout/blue");
  EXPECT_TRUE(world.run("y", "n1"));
  EXPECT_EQ(network("n1"), 1'000);
}

// ---- workload numbers ----

TEST_F(GroupTest, AFreedWorkloadNumberIsNotTakenForItsNextBearer) {
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  member("p-0", "peers", "n1");
  world.workload_gone("peers");
  world.gone("p-0");
  ASSERT_EQ(world.state().workloads.size(), 0U);
  world.workload(WorkloadKind::kStatefulSet, "others", 3);
  member("o-0", "others", "n1");
  member("o-1", "others", "n1");
  EXPECT_EQ(groups(), 1U);
  EXPECT_EQ(local("n1"), 200);
  EXPECT_EQ(network("n1"), 0);
}

TEST_F(GroupTest, AnOrphanStaysInItsGroupAfterItsWorkloadIsForgotten) {
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  member("p-0", "peers", "n1");
  member("p-1", "peers", "n1");
  for (const char* pod : {"p-0", "p-1"}) world.edit(pod, [](PodSeen& seen) { seen.controller.reset(); });
  world.workload_gone("peers");
  EXPECT_EQ(network("n1"), 0) << "what was granted stays";
  world.workload(WorkloadKind::kStatefulSet, "others", 3);
  member("o-0", "others", "n2");
  EXPECT_EQ(groups(), 2U);
  world.gone("p-0");
  world.gone("p-1");
  EXPECT_EQ(groups(), 1U);
  EXPECT_EQ(digest_from_scratch(world.state()), world.state().digest);
}

// ---- a new start, another policy ----

Policy racks(std::int64_t uplink_megabits) {
  Policy policy;
  policy.levels.push_back({"rack", both(uplink_megabits), {}});
  return policy;
}

void in_rack(World& world, std::string_view node, std::string_view rack) {
  world.bare_node(node);
  world.edit_node(node, [&](NodeSeen& seen) { seen.level_values = {std::string(rack)}; });
  world.edit_bandwidth(node, [](BandwidthSeen&) {});
}

TEST(Epoch, ARestartRaisesNoMeetingPoint) {
  World world(racks(1'000));
  for (const char* node : {"n1", "n2"}) in_rack(world, node, "r1");
  world.workload(WorkloadKind::kStatefulSet, "peers", 3);
  for (const auto& [pod, node] : {std::pair("p-0", "n1"), std::pair("p-1", "n2")}) {
    world.pod(pod, "400M", "peers");
    ASSERT_TRUE(world.run(pod, node));
  }
  world.pod("other", "500M");
  ASSERT_TRUE(world.run("other", "n1"));
  ASSERT_EQ(world.uplink("r1").used, both(500)) << "two of three peers live, all of them in the rack";
  const std::size_t places = world.state().ledger.place_count();
  world.begin_epoch();
  EXPECT_EQ(world.uplink("r1").used, both(500)) << "500 and 800 would be more than 1000";
  EXPECT_EQ(world.state().ledger.place_count(), places);
}

TEST(Epoch, ARestartAnnouncesNoOvercommitmentAnew) {
  World world(racks(1'000));
  in_rack(world, "n1", "r1");
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.network_ul = object.network_dl = megabits(5'000); });
  world.pod("a", "1500M");
  world.place("a", "n1");
  const std::size_t before = world.events().size();
  world.begin_epoch();
  EXPECT_EQ(world.events().size(), before + 1) << "the epoch itself";
}

TEST(Epoch, AnotherCapacityOfAnUplinkHoldsAtOnce) {
  World world(racks(1'000));
  for (const char* node : {"n1", "n2"}) in_rack(world, node, "r1");
  world.workload(WorkloadKind::kStatefulSet, "peers", 3);
  for (const auto& [pod, node] : {std::pair("p-0", "n1"), std::pair("p-1", "n2")}) {
    world.pod(pod, "400M", "peers");
    ASSERT_TRUE(world.run(pod, node));
  }
  Policy policy = racks(300);
  policy.levels[0].by_value.emplace_back("r1", both(700));
  world.begin_epoch(policy);
  EXPECT_EQ(world.uplink("r1").capacity, both(700));
  EXPECT_EQ(world.uplink("r1").used, Rates{}) << "the group meets in the rack as before";
}

TEST(Epoch, OtherLevelsAreReadFromTheNodesAgain) {
  World world(racks(1'000));
  in_rack(world, "n1", "r1");
  Policy policy;
  policy.levels.push_back({"zone", both(5'000), {}});
  world.begin_epoch(policy);
  EXPECT_THAT(view_uplinks(world.state()), IsEmpty()) << "the value of a rack is not that of a zone";
  NodeSeen seen = world.shown_node("n1");
  seen.level_values = {"z1"};
  world.list(Stream::kNodes, {seen}, world.version());
  ASSERT_EQ(view_uplinks(world.state()).size(), 1U) << "the Node object has the version that it had";
  EXPECT_EQ(view_uplinks(world.state())[0].name, "z1");
}

TEST(Epoch, OtherLevelsMoveTheChargesOfAllPods) {
  World world(racks(1'000));
  for (const char* node : {"n1", "n2"}) in_rack(world, node, "r1");
  world.workload(WorkloadKind::kStatefulSet, "peers", 3);
  for (const auto& [pod, node] : {std::pair("p-0", "n1"), std::pair("p-1", "n2")}) {
    world.pod(pod, "100M", "peers");
    ASSERT_TRUE(world.run(pod, node));
  }
  world.pod("other", "50M");
  ASSERT_TRUE(world.run("other", "n1"));
  Policy policy = racks(1'000);
  policy.levels.push_back({"zone", both(5'000), {}});
  world.begin_epoch(policy);
  std::vector<ObjectSeen> nodes;
  for (const char* node : {"n1", "n2"}) {
    NodeSeen seen = world.shown_node(node);
    seen.level_values = {"r1", "z1"};
    nodes.emplace_back(seen);
  }
  world.list(Stream::kNodes, nodes, world.version());
  EXPECT_EQ(world.uplink("z1").used, both(250)) << "the peers met outside any rack in between, and one is missing";
  EXPECT_EQ(world.uplink("z1/r1").used, both(250));
  EXPECT_EQ(digest_from_scratch(world.state()), world.state().digest);
}

// ---- a cluster restored from a backup ----

TEST(Restore, APodThatWasNotBoundInTheBackupIsBoundAgain) {
  World world;
  world.node("n1");
  world.pod("a", "100M");
  const PodSeen backup = world.shown("a");
  world.run("a", "n1");
  world.list(Stream::kPods, {backup}, backup.resource_version, true);
  EXPECT_EQ(world.network("n1").used, both(100)) << "it is reserved as before";
  ASSERT_EQ(pending_effects(world.state()).size(), 1U);
  EXPECT_TRUE(std::holds_alternative<BindPod>(pending_effects(world.state())[0]));
  EXPECT_EQ(world.bind("a", "n1").outcome, BindVerdict::Outcome::kJoin);
}

TEST(Restore, AForeignPodThatIsNotBoundInTheBackupCountsNoMore) {
  World world;
  world.node("n1");
  world.pod("a", "100M");
  const PodSeen backup = world.shown("a");
  world.place("a", "n1");
  world.list(Stream::kPods, {backup}, backup.resource_version, true);
  EXPECT_EQ(world.network("n1").used, Rates{});
  EXPECT_EQ(world.bind("a", "n1").outcome, BindVerdict::Outcome::kReserve);
}

TEST(Restore, APodThatTheBackupDoesNotHoldIsGone) {
  World world;
  world.node("n1");
  const ResourceVersion backup = world.version();
  world.pod("a", "100M");
  world.run("a", "n1");
  world.list(Stream::kPods, {}, backup, true);
  EXPECT_EQ(world.network("n1").used, Rates{});
}

TEST(Restore, AnObjectThatIsAsItWasIsFollowedFromItsOldVersion) {
  World world;
  world.node("n1");
  world.pod("a", "100M");
  world.run("a", "n1");
  const PodSeen backup = world.shown("a");
  const NodeSeen node = world.shown_node("n1");
  for (int i = 0; i < 9; ++i) world.edit("a", [](PodSeen&) {});
  world.list(Stream::kPods, {backup}, backup.resource_version, true);
  world.list(Stream::kNodes, {node}, backup.resource_version, true);
  PodSeen done = backup;
  done.fields.phase = PodPhase::kSucceeded;
  done.resource_version = backup.resource_version + 1;
  world.observe(ObservedBy::kWatch, Stream::kPods, done);
  EXPECT_EQ(world.network("n1").used, Rates{});
}

TEST(Restore, APodBoundAtTheVeryVersionOfTheBackupIsBoundAgain) {
  World world;
  world.node("n1");
  world.pod("a", "100M");
  world.bind("a", "n1");
  world.record(BindingConfirmed{world.pod_number("a"), world.node_number("n1")});  // the watch has not shown it
  world.list(Stream::kPods, {world.shown("a")}, world.version(), true);
  EXPECT_EQ(pending_effects(world.state()).size(), 1U);
}

TEST(Restore, AWorkloadOfTheBackupIsBack) {
  World world;
  world.node("n1");
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  const WorkloadSeen backup = world.shown_workload("peers");
  for (const char* pod : {"p-0", "p-1"}) {
    world.pod(pod, "100M", "peers");
    world.run(pod, "n1");
  }
  world.workload_gone("peers");
  world.list(Stream::kStatefulSets, {backup}, backup.resource_version, true);
  const Group& group = *world.state().ledger.group(GroupNumber{0});
  EXPECT_EQ(group.wanted, 2U);
}

TEST(Restore, AUidThatWasGoneIsBack) {
  World world;
  world.node("n1");
  world.pod("a", "100M");
  world.run("a", "n1");
  const PodSeen backup = world.shown("a");
  world.gone("a");
  EXPECT_EQ(world.network("n1").used, Rates{});
  world.list(Stream::kPods, {backup}, backup.resource_version, true);
  EXPECT_TRUE(world.state().find_pod(backup.identity.uid).has_value());
  EXPECT_EQ(world.network("n1").used, both(100));
}

}  // namespace
}  // namespace bw
