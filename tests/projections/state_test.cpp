// What follows from a state: groups, what they want, what a node has.
#include "projections/state.h"

#include <gtest/gtest.h>

#include "tests/support/world.h"

namespace bw {
namespace {

GroupRef group_of_pod(const World& world, std::string_view pod) { return group_of(world.state(), world.pod_at(pod)); }

std::string owner_name(const World& world, std::string_view pod) {
  const GroupRef group = group_of_pod(world, pod);
  return group.kind == GroupRef::Kind::kWorkload ? world.state().workloads.at(group.workload).name : "";
}

TEST(GroupOf, PodsOfAWorkloadAreAGroup) {
  World world;
  world.workload(WorkloadKind::kStatefulSet, "peers", 3);
  world.workload(WorkloadKind::kJob, "load", 3);
  world.pod("a", "1M", "peers");
  world.pod("b", "1M", "load");
  world.pod("c", "1M", "Rollout/blue");
  EXPECT_EQ(owner_name(world, "a"), "peers");
  EXPECT_EQ(owner_name(world, "b"), "load");
  EXPECT_EQ(owner_name(world, "c"), "blue") << "an owner that nobody watches stands for itself";
}

TEST(GroupOf, AReplicaSetLeadsToItsDeployment) {
  World world;
  world.workload(WorkloadKind::kDeployment, "web", 3);
  world.workload(WorkloadKind::kReplicaSet, "web-1", {}, "web");
  world.workload(WorkloadKind::kReplicaSet, "web-2", {}, "web");
  world.pod("a", "1M", "web-1");
  world.pod("b", "1M", "web-2");
  EXPECT_EQ(owner_name(world, "a"), "web");
  EXPECT_EQ(group_of_pod(world, "a"), group_of_pod(world, "b")) << "two revisions of one Deployment";
}

TEST(GroupOf, AReplicaSetOfAnotherOwnerStandsForItself) {
  World world;
  world.workload(WorkloadKind::kReplicaSet, "blue-1", {}, "Rollout/blue");
  world.pod("a", "1M", "blue-1");
  EXPECT_EQ(owner_name(world, "a"), "blue-1");
}

TEST(GroupOf, PodsOnePerNodeAreNoGroup) {
  World world;
  world.workload(WorkloadKind::kDaemonSet, "agent", {});
  world.pod("a", "1M", "agent");
  world.pod("b", "1M", "Node/n1");
  world.pod("c", "1M");
  for (const char* pod : {"a", "b", "c"}) {
    EXPECT_EQ(group_of_pod(world, pod).kind, GroupRef::Kind::kNone) << pod;
    EXPECT_TRUE(charged_on_all_links(world.state(), world.pod_at(pod), group_of_pod(world, pod))) << pod;
  }
}

TEST(GroupOf, ANamedGroupStandsAboveTheOwnerAndIsPerNamespace) {
  World world;
  world.workload(WorkloadKind::kStatefulSet, "peers", 3);
  world.prepare_pod("a", "1M", "peers");
  world.edit("a", [](PodSeen& pod) { pod.fields.group = "g"; });
  world.prepare_pod("lab/a", "1M");
  world.edit("lab/a", [](PodSeen& pod) { pod.fields.group = "g"; });
  EXPECT_EQ(group_of_pod(world, "a").name, "g");
  const GroupKey here = group_key(group_of_pod(world, "a"), world.pod_at("a"));
  const GroupKey there = group_key(group_of_pod(world, "lab/a"), world.pod_at("lab/a"));
  EXPECT_TRUE(here < there || there < here) << "two namespaces, two groups";
}

TEST(NetworkCharge, AlwaysHoldsInTheConfigurationAndAsAnAnnotation) {
  Policy policy;
  policy.always_charge_network = true;
  World strict(policy);
  strict.workload(WorkloadKind::kStatefulSet, "peers", 2);
  strict.pod("a", "1M", "peers");
  EXPECT_TRUE(charged_on_all_links(strict.state(), strict.pod_at("a"), group_of_pod(strict, "a")));
  strict.edit("a", [](PodSeen& pod) { pod.fields.network_charge = NetworkCharge::kWhenSpread; });
  EXPECT_TRUE(charged_on_all_links(strict.state(), strict.pod_at("a"), group_of_pod(strict, "a")))
      << "a pod cannot talk itself out of what the configuration demands";

  World world;
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  world.pod("a", "1M", "peers");
  EXPECT_FALSE(charged_on_all_links(world.state(), world.pod_at("a"), group_of_pod(world, "a")));
  world.edit("a", [](PodSeen& pod) { pod.fields.network_charge = NetworkCharge::kAlways; });
  EXPECT_TRUE(charged_on_all_links(world.state(), world.pod_at("a"), group_of_pod(world, "a")));
}

// ---- what a group wants ----

class WantedTest : public testing::Test {
 protected:
  std::optional<std::uint32_t> wanted(std::string_view pod, std::uint32_t live) const {
    const Pod& member = world.pod_at(pod);
    return wanted_members(world.state(), group_key(group_of(world.state(), member), member), live,
                          top_workload(world.state(), member));
  }

  void named(std::string_view pod, std::string_view of) {
    world.prepare_pod(pod, "1M", of);
    world.edit(pod, [](PodSeen& seen) { seen.fields.group = "g"; });
  }

  World world;
};

TEST_F(WantedTest, AWorkloadWantsWhatItsSpecSays) {
  world.workload(WorkloadKind::kStatefulSet, "peers", 3);
  world.pod("a", "1M", "peers");
  EXPECT_EQ(wanted("a", 1), 3U);
  world.workload(WorkloadKind::kStatefulSet, "peers", 7);
  EXPECT_EQ(wanted("a", 1), 7U);
}

TEST_F(WantedTest, NobodyKnowsWhatAnUnknownOwnerWants) {
  world.pod("a", "1M", "Rollout/blue");
  EXPECT_EQ(wanted("a", 1), std::nullopt);
  world.pod("b", "1M", "ReplicaSet/web-1");
  EXPECT_EQ(wanted("b", 1), std::nullopt);
}

TEST_F(WantedTest, ANamedGroupWantsTheLargerOfItsLiveAndOfWhatItsWorkloadsWant) {
  world.node("n1");
  world.workload(WorkloadKind::kStatefulSet, "peers", 3);
  world.workload(WorkloadKind::kStatefulSet, "clients", 2);
  named("a", "peers");
  EXPECT_EQ(wanted("a", 1), 3U);
  world.run("a", "n1");
  named("b", "clients");
  EXPECT_EQ(wanted("b", 2), 5U);
  world.run("b", "n1");
  EXPECT_EQ(wanted("b", 9), 9U) << "the larger is that of the live members";
  named("c", "");
  EXPECT_EQ(wanted("c", 3), 5U) << "a pod without an owner wants nothing beside itself";
}

TEST_F(WantedTest, OneUnknownWorkloadMakesTheWholeNamedGroupUnknown) {
  world.node("n1");
  world.workload(WorkloadKind::kStatefulSet, "peers", 3);
  named("a", "peers");
  world.run("a", "n1");
  named("b", "Rollout/blue");
  EXPECT_EQ(wanted("b", 2), std::nullopt);
  EXPECT_EQ(wanted("a", 2), 3U) << "the other one is not a member yet";
}

TEST_F(WantedTest, AVeryLargeSumDoesNotWrapAround) {
  world.node("n1");
  for (const char* name : {"x", "y", "z"}) {
    world.workload(WorkloadKind::kStatefulSet, name, 2'147'483'647);
    named(std::string("pod-") + name, name);
    world.run(std::string("pod-") + name, "n1");
  }
  EXPECT_EQ(wanted("pod-x", 3), std::numeric_limits<std::uint32_t>::max());
}

// ---- R7: can all that are wanted be on a node? ----

TEST(CanHold, LooksAtLocalCapacityInterfacesAndPods) {
  World world;
  world.node("n1");
  world.edit_node("n1", [](NodeSeen& node) { node.allocatable_pods = 10; });
  const Node& node = world.state().nodes.at(world.node_number("n1"));
  const auto holds = [&](std::uint32_t members, Rates rates, std::uint32_t interfaces = 1) {
    return can_hold(world.state(), node, members, rates, interfaces);
  };
  EXPECT_TRUE(holds(10, both(2'000)));
  EXPECT_FALSE(holds(11, both(1))) << "pods";
  EXPECT_FALSE(holds(10, {megabits(1), megabits(2'001)})) << "local capacity, in one direction";
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.max_interfaces = 12; });
  EXPECT_TRUE(holds(6, both(1), 2));
  EXPECT_FALSE(holds(7, both(1), 2)) << "interfaces";
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.kept_back = {{"host", both(1'000), {}, {}}}; });
  EXPECT_FALSE(holds(10, both(2'000))) << "what is kept back";
  EXPECT_TRUE(holds(10, both(1'900)));
}

TEST(FindPod, GivesTheNewestOfAName) {
  World world;
  world.pod("a", "1M");
  const std::string old_uid = world.shown("a").identity.uid;
  world.prepare_pod("a", "2M");  // made again, before the end of the old one is seen
  world.edit("a", [](PodSeen&) {});
  ASSERT_NE(world.shown("a").identity.uid, old_uid);
  EXPECT_EQ(world.state().find_pod("net", "a"), world.pod_number("a"));
  EXPECT_NE(world.state().find_pod(old_uid), world.pod_number("a"));
  EXPECT_EQ(world.state().find_pod("lab", "a"), std::nullopt);
}

}  // namespace
}  // namespace bw
