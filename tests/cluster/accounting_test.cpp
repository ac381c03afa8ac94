// What counts on a link, whoever decided it and whatever becomes of it (rules R4, R10, R11): pods of others, pods that
// end slowly, names and nodes that come back.
#include <map>
#include <string>

#include "live_test.h"

namespace bw {
namespace {

using ::testing::HasSubstr;

constexpr const char* kPods = "/api/v1/namespaces/default/pods";
constexpr const char* kFinalizer = "tests.vaclab.org/hold";

class AccountingTest : public LiveTest {
 protected:
  // As somebody does who schedules by himself: the node is named in a Binding, past every extender.
  static void bind_by_hand(const std::string& pod, const std::string& node) {
    ASSERT_OK(cluster().create(kPods + ("/" + pod + "/binding"),
                               R"({"apiVersion":"v1","kind":"Binding","metadata":{"name":")" + pod +
                                   R"("},"target":{"kind":"Node","name":")" + node + R"("}})"));
  }

  static void let_go(const std::string& pod) {
    ASSERT_OK(cluster().patch(kPods + ("/" + pod), R"({"metadata":{"finalizers":null}})"));
  }

  static std::string phase_shown(const std::string& node, const std::string& pod) {
    const auto object = bandwidth(node);
    if (!object) return "";
    for (const ReservationView& one : object->reservations) {
      if (one.pod == "default/" + pod) return one.phase;
    }
    return "";
  }
};

TEST_F(AccountingTest, APodThatSomebodyBoundByHandCounts) {
  create_nodes(1);
  CapacityWatch witness = watch(1000);
  ASSERT_OK(cluster().create_pods("by-hand-", 4, {.egress = "100M", .ingress = "150M", .scheduler = "nobody"}));
  for (int i = 0; i < 4; ++i) bind_by_hand("by-hand-" + std::to_string(i), node(0));
  const BandwidthView shown = wait_for_bandwidth(node(0), "shows the pods of others", [](const BandwidthView& object) {
    return object.used == NodeLinksView{.local = {400, 600}, .network = {400, 600}};
  });
  EXPECT_EQ(shown.available.network, (LinkView{600, 400}));
  ASSERT_OK(cluster().create_pods("pod-", 8, {.egress = "100M", .ingress = "100M"}));
  wait_for(4 + 4, 4);
  for (const PodView& pod : pods()) {
    if (!pod.node.empty()) continue;
    EXPECT_THAT(pod.scheduled_message, HasSubstr("1 insufficient network downlink bandwidth"));
  }
  expect_strict(witness);
}

TEST_F(AccountingTest, APodOfAnotherSchedulerCountsFromItsBindingUntilItIsGone) {
  ASSERT_OK(plane().start_scheduler({.name = "other-scheduler"}));
  create_nodes(1);
  CapacityWatch witness = watch(1000);
  ASSERT_OK(cluster().create_pods("other-", 7, {.egress = "100M", .scheduler = "other-scheduler"}));
  wait_for(7, 0);
  wait_for_bandwidth(node(0), "counts them", [](const BandwidthView& object) { return object.used.network.ul == 700; });
  ASSERT_OK(cluster().create_pods("pod-", 5, {.egress = "100M"}));
  wait_for(10, 2);
  ASSERT_OK(cluster().delete_pods({pod("other-0"), pod("other-1")}));
  wait_for(10, 0);
  expect_strict(witness);
  plane().stop("other-scheduler");
}

TEST_F(AccountingTest, ATerminatingPodCountsUntilItIsGone) {
  create_nodes(1);
  CapacityWatch witness = watch(1000);
  ASSERT_OK(cluster().create_pods("held-", 10, {.egress = "100M", .ingress = "100M", .finalizers = {kFinalizer}}));
  wait_for(10, 0);
  ASSERT_OK(cluster().delete_pods({pod("held-0"), pod("held-1"), pod("held-2")}));
  ASSERT_OK(cluster().create_pods("waits-", 4, {.egress = "100M", .ingress = "100M"}));
  wait_for(10, 4);
  wait("the object shows that it terminates",
       [&]() -> Result<bool> { return phase_shown(node(0), "held-0") == "Terminating"; });
  wait_for_used(node(0), 1000, 1000);
  // One at a time, as the finalizers are taken off.
  for (int gone = 0; gone < 3; ++gone) {
    let_go("held-" + std::to_string(gone));
    wait_for(10, 3 - gone);
    wait_for_used(node(0), 1000, 1000);
  }
  expect_strict(witness);
}

TEST_F(AccountingTest, CapacityBelowUseIsOvercommitmentUntilEnoughHaveEnded) {
  create_nodes(1);
  ASSERT_OK(cluster().create_pods("pod-", 6, {.egress = "100M", .ingress = "100M"}));
  wait_for(6, 0);
  ASSERT_OK(cluster().set_network_capacity(node(0), 400, 2000));
  const BandwidthView over =
      wait_for_bandwidth(node(0), "is overcommitted", [](const BandwidthView& object) { return object.overcommitted; });
  EXPECT_EQ(over.capacity.network, (LinkView{400, 2000}));
  EXPECT_EQ(over.used.network, (LinkView{600, 600}));
  EXPECT_EQ(over.available.network, (LinkView{0, 1400}));
  wait_for_event("BandwidthOvercommitted", node(0));
  // Not even in the direction that has room; but who asks for nothing goes anywhere.
  ASSERT_OK(cluster().create_pods("waits-", 1, {.ingress = "100M"}));
  ASSERT_OK(cluster().create_pods("asks-nothing-", 1, {}));
  wait_for(7, 1);
  EXPECT_THAT(pod("waits-0").scheduled_message, HasSubstr("0/1 nodes are available: 1 link is overcommitted."));
  EXPECT_FALSE(pod("asks-nothing-0").node.empty());

  // From here on it is said by the cluster itself whether anything was placed too early.
  ASSERT_OK(cluster().delete_pods({pod("pod-0")}));
  wait_for_bandwidth(node(0), "uses 500", [](const BandwidthView& object) { return object.used.network.ul == 500; });
  EXPECT_TRUE(bandwidth(node(0))->overcommitted);
  EXPECT_TRUE(pod("waits-0").node.empty());
  CapacityWatch witness(plane().admin_kubeconfig(),
                        {.usual = {.ul = 500 * kBitsPerMegabit, .dl = 2000 * kBitsPerMegabit}});
  ASSERT_OK(cluster().delete_pods({pod("pod-1")}));
  wait_for_bandwidth(node(0), "is overcommitted no more",
                     [](const BandwidthView& object) { return !object.overcommitted; });
  wait_for_event("BandwidthRecovered", node(0));
  wait_for(6, 0);  // four, the one that waited, and the one that asks for nothing
  ASSERT_OK(cluster().create_pods("more-", 1, {.egress = "1k"}));
  wait_for(6, 1);
  EXPECT_THAT(pod("more-0").scheduled_message, HasSubstr("1 insufficient network uplink bandwidth"));
  expect_strict(witness);
}

TEST_F(AccountingTest, APodOfTheSameNameIsAnotherPod) {
  create_nodes(1);
  CapacityWatch witness = watch(1000);
  std::string uid;
  // Each asks for something else, so that what was granted to the one before would be seen. What plays the nodes here
  // deletes by name, and may take a young pod for the one that has gone; then the pod is made once more.
  for (int round = 1; round <= 8; ++round) {
    const std::string rate = std::to_string(round * 100) + "M";
    wait("a pod of that name is bound and counted", [&]() -> Result<bool> {
      const PodView now = pod("again-0");
      if (now.name.empty()) {
        const auto created = cluster().create_pods("again-", 1, {.egress = rate, .ingress = rate});
        if (!created) return created.error();
      }
      const auto object = bandwidth(node(0));
      return !now.node.empty() && object && object->used.network == LinkView{round * 100, round * 100} &&
             object->pods == 1;
    });
    EXPECT_NE(pod("again-0").uid, uid);
    uid = pod("again-0").uid;
    if (round == 8) break;
    ASSERT_OK(cluster().delete_pods({pod("again-0")}));
  }
  ASSERT_OK(cluster().create_pods("pod-", 5, {.egress = "100M", .ingress = "100M"}));
  wait_for(3, 3);
  expect_strict(witness);
}

TEST_F(AccountingTest, PodsOfANodeThatIsMadeAgainStillCount) {
  create_nodes(1);
  CapacityWatch witness = watch(1000);
  ASSERT_OK(cluster().create_pods("pod-", 6, {.egress = "100M", .ingress = "100M"}));
  wait_for(6, 0);
  ASSERT_OK(cluster().delete_node(node(0)));
  wait_for_bandwidth(node(0), "says that the node is gone",
                     [](const BandwidthView& object) { return object.ready_reason == "NodeNotFound"; });
  ASSERT_OK(cluster().create_pods("waits-", 7, {.egress = "100M", .ingress = "100M"}));
  wait_for(6, 7);
  ASSERT_OK(cluster().create("/api/v1/nodes", node_json(node(0), {})));
  wait_for(10, 3);
  wait_for_used(node(0), 1000, 1000);
  expect_strict(witness);
}

}  // namespace
}  // namespace bw
