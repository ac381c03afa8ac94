// Groups (rules R6 to R8): what a workload whose pods are together is charged, and what changes when they spread.
#include <map>
#include <string>

#include "live_test.h"

namespace bw {
namespace {

using ::testing::HasSubstr;

constexpr const char* kDeployments = "/apis/apps/v1/namespaces/default/deployments/";

class GroupTest : public LiveTest {
 protected:
  std::map<std::string, std::string> on(int number) const { return {{"kubernetes.io/hostname", node(number)}}; }

  // Pods that nobody owns, of one named group, on one node.
  PodSpec member(int number) const {
    return {.egress = "100M",
            .ingress = "100M",
            .annotations = {{"networking.vaclab.org/group", "g"}},
            .node_selector = on(number)};
  }
  PodSpec replica(int number) const { return {.egress = "100M", .ingress = "100M", .node_selector = on(number)}; }

  static std::string group_shown_for(const std::string& pod) {
    const auto objects = cluster().bandwidths();
    if (!objects) return objects.error().message;
    for (const BandwidthView& object : *objects) {
      for (const ReservationView& one : object.reservations) {
        if (one.pod == "default/" + pod) return one.group + " on " + one.links;
      }
    }
    return "";
  }
};

TEST_F(GroupTest, AStatefulSetIsBroughtTogetherAndTakesNothingFromTheNetwork) {
  create_nodes(4);
  CapacityWatch witness = watch(1000, recount_spread);
  // Together they ask for more than any network link carries.
  ASSERT_OK(
      cluster().create_workload(WorkloadKind::kStatefulSet, "together", 15, {.egress = "100M", .ingress = "100M"}));
  wait_for(15, 0);
  const std::string home = pod("together-0").node;
  for (const PodView& pod : pods()) EXPECT_EQ(pod.node, home) << pod.name;
  const BandwidthView shown = wait_for_bandwidth(home, "shows the group", [](const BandwidthView& object) {
    return object.used == NodeLinksView{.local = {1500, 1500}, .network = {0, 0}};
  });
  EXPECT_EQ(shown.available.network, (LinkView{1000, 1000}));
  EXPECT_EQ(group_shown_for("together-3"), "StatefulSet/together on local");
  expect_strict(witness);
}

TEST_F(GroupTest, AStatefulSetThatNoNodeCanHoldIsChargedOnAllLinksFromItsFirstMember) {
  create_nodes(3, {.allocatable_pods = 2});
  CapacityWatch witness = watch(1000);
  ASSERT_OK(cluster().create_workload(WorkloadKind::kStatefulSet, "spread", 6, {.egress = "100M", .ingress = "100M"}));
  wait_for(6, 0);
  for (int i = 0; i < 3; ++i) wait_for_used(node(i), 200, 200);
  EXPECT_EQ(group_shown_for("spread-0"), "StatefulSet/spread on local network");
  expect_strict(witness);
}

TEST_F(GroupTest, AMemberElsewhereChargesTheOthersAndItsEndRefundsThem) {
  create_nodes(2);
  CapacityWatch witness = watch(1000, recount_spread);
  ASSERT_OK(cluster().create_pods("home-", 1, member(0)));
  wait_for_used(node(0), 100, 100);  // the only member: its peers are elsewhere
  ASSERT_OK(cluster().create_pods("second-", 1, member(0)));
  wait_for_used(node(0), 200, 0);
  ASSERT_OK(cluster().create_pods("far-", 1, member(1)));
  wait_for_used(node(0), 200, 200);
  wait_for_used(node(1), 100, 100);
  ASSERT_OK(cluster().delete_pods({pod("far-0")}));
  wait_for_used(node(0), 200, 0);
  wait_for_used(node(1), 0, 0);
  expect_strict(witness);
}

TEST_F(GroupTest, AMemberIsRefusedThatWouldOvercommitTheNodeOfTheOthers) {
  create_nodes(2);
  CapacityWatch witness = watch(1000, recount_spread);
  ASSERT_OK(cluster().create_pods("home-", 11, member(0)));
  wait_for(11, 0);
  wait_for_used(node(0), 1100, 0);
  // It would fit where it wants to go, but there it would charge 1100 on a link that carries 1000.
  ASSERT_OK(cluster().create_pods("far-", 1, member(1)));
  wait_for(11, 1);
  EXPECT_THAT(pod("far-0").scheduled_message,
              HasSubstr("1 placing here would overcommit the network link of a node that hosts group members"));
  wait_for_event("BandwidthGroupStuck", "far-0");
  wait_for_used(node(0), 1100, 0);
  // One less, and all of it fits.
  ASSERT_OK(cluster().delete_pods({pod("home-5")}));
  wait_for(11, 0);
  wait_for_used(node(0), 1000, 1000);
  wait_for_used(node(1), 100, 100);
  expect_strict(witness);
}

TEST_F(GroupTest, TwoReplicaSetsOfOneDeploymentAreOneGroup) {
  create_nodes(2);
  CapacityWatch witness = watch(1000, recount_spread);
  ASSERT_OK(cluster().create_workload(WorkloadKind::kDeployment, "web", 4, replica(0)));
  wait_for(4, 0);
  wait_for_used(node(0), 400, 0);
  // The update moves it to the other node, and stands still after two pods, which are never ready for long enough.
  ASSERT_OK(
      cluster().patch(kDeployments + std::string("web"),
                      R"({"spec":{"minReadySeconds":500,"strategy":{"rollingUpdate":{"maxSurge":2,"maxUnavailable":0}},
                            "template":{"spec":{"nodeSelector":{"kubernetes.io/hostname":")" +
                          node(1) + R"("}}}}})"));
  wait_for(6, 0);
  wait_for_used(node(0), 400, 400);
  wait_for_used(node(1), 200, 200);
  ASSERT_OK(cluster().patch(kDeployments + std::string("web"), R"({"spec":{"minReadySeconds":0}})"));
  wait_for_used(node(0), 0, 0);
  wait_for_used(node(1), 400, 0);  // together again
  expect_strict(witness);
}

TEST_F(GroupTest, ANamedGroupJoinsWorkloads) {
  create_nodes(2);
  CapacityWatch witness = watch(1000, recount_spread);
  PodSpec left = member(0);
  ASSERT_OK(cluster().create_workload(WorkloadKind::kStatefulSet, "left", 3, left));
  ASSERT_OK(cluster().create_workload(WorkloadKind::kStatefulSet, "right", 2, left));
  wait_for(5, 0);
  wait_for_used(node(0), 500, 0);
  ASSERT_OK(cluster().create_workload(WorkloadKind::kStatefulSet, "far", 2, member(1)));
  wait_for(7, 0);
  wait_for_used(node(0), 500, 500);
  wait_for_used(node(1), 200, 200);
  expect_strict(witness);
}

TEST_F(GroupTest, ADaemonSetIsChargedOnAllLinks) {
  create_nodes(1);
  ASSERT_OK(cluster().create_workload(WorkloadKind::kDaemonSet, "agent", 0, {.egress = "10M", .ingress = "10M"}));
  wait_for_used(node(0), 10, 10);
}

TEST_F(GroupTest, WhoAsksToBeChargedAlwaysIs) {
  create_nodes(1);
  PodSpec pod = replica(0);
  pod.annotations = {{"networking.vaclab.org/network-charge", "Always"}};
  ASSERT_OK(cluster().create_workload(WorkloadKind::kStatefulSet, "always", 3, pod));
  ASSERT_OK(cluster().create_workload(WorkloadKind::kStatefulSet, "when-spread", 3, replica(0)));
  wait_for(6, 0);
  wait_for_used(node(0), 600, 300);
}

TEST_F(GroupTest, AnUplinkIsChargedOnceTheGroupLeavesItsRack) {
  configure("topology: {levels: [{label: rack, uplink: {ulMbps: 250, dlMbps: 250}}]}\n");
  create_nodes(1, {.labels = {{"rack", "a"}}});
  ASSERT_OK(cluster().create("/api/v1/nodes", node_json(node(1), {.labels = {{"rack", "a"}}})));
  ASSERT_OK(cluster().create("/api/v1/nodes", node_json(node(2), {.labels = {{"rack", "b"}}})));
  const auto uplinks = [] {
    const auto answer = daemon().get("/v1/links");
    return answer ? answer->body : answer.error().message;
  };
  ASSERT_OK(cluster().create_pods("a-", 2, member(0)));
  ASSERT_OK(cluster().create_pods("b-", 1, member(1)));
  wait_for(3, 0);
  wait_for_used(node(0), 200, 200);
  wait_for_used(node(1), 100, 100);
  EXPECT_THAT(uplinks(), HasSubstr(R"("used":{"ulBitsPerSecond":0,"dlBitsPerSecond":0})"));
  // From rack b the group would charge 300 on the uplink of rack a.
  ASSERT_OK(cluster().create_pods("far-", 1, member(2)));
  wait_for(3, 1);
  EXPECT_THAT(pod("far-0").scheduled_message, HasSubstr("1 insufficient bandwidth above the node"));
  ASSERT_OK(cluster().delete_pods({pod("a-1")}));
  wait_for(3, 0);
  EXPECT_THAT(uplinks(), HasSubstr(R"("used":{"ulBitsPerSecond":200000000,"dlBitsPerSecond":200000000})"));
}

}  // namespace
}  // namespace bw
