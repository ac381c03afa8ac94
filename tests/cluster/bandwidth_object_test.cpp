// The Bandwidth objects: made, kept, removed and made again as the nodes come and go, and always what the journal
// says.
#include <chrono>

#include "live_test.h"
#include "tests/support/replay_check.h"

namespace bw {
namespace {

using std::chrono::steady_clock;

class BandwidthObjectTest : public LiveTest {};

constexpr const char* kObjects = "/apis/networking.vaclab.org/v1/bandwidths/";

TEST_F(BandwidthObjectTest, ANodeThatGoesTakesItsObjectAlongFiveSecondsLater) {
  create_nodes(2);
  const auto went = steady_clock::now();
  ASSERT_OK(cluster().delete_node(node(0)));
  wait("the object is removed", [&]() -> Result<bool> { return !bandwidth(node(0)); });
  EXPECT_GE(steady_clock::now() - went, std::chrono::seconds(5));
  EXPECT_TRUE(bandwidth(node(1)));
}

TEST_F(BandwidthObjectTest, ANodeThatComesBackInTimeKeepsItsObject) {
  create_nodes(1);
  const BandwidthView before = *bandwidth(node(0));
  ASSERT_OK(cluster().delete_node(node(0)));
  wait_for_bandwidth(node(0), "says that the node is gone",
                     [](const BandwidthView& object) { return object.ready_reason == "NodeNotFound"; });
  ASSERT_OK(cluster().create("/api/v1/nodes", node_json(node(0), {})));
  const BandwidthView after = wait_for_bandwidth(
      node(0), "is used again", [](const BandwidthView& object) { return object.ready_reason != "NodeNotFound"; });
  EXPECT_EQ(after.uid, before.uid);
}

TEST_F(BandwidthObjectTest, WhatPeopleDeclaredIsKeptForTheNodesReturn) {
  ASSERT_OK(cluster().set_network_capacity(node(0), 300, 400));  // before there is such a node
  wait_for_bandwidth(node(0), "waits for its node",
                     [](const BandwidthView& object) { return object.ready_reason == "NodeNotFound"; });
  create_nodes(1);
  const auto in_force = [](const BandwidthView& object) {
    return object.ready_reason != "NodeNotFound" && object.capacity.network == LinkView{.ul = 300, .dl = 400};
  };
  wait_for_bandwidth(node(0), "has the declared capacity", in_force);
  ASSERT_OK(cluster().create_pods("pod-", 6, {.egress = "100M"}));
  wait_for(3, 3);

  ASSERT_OK(cluster().delete_pods(pods()));
  const auto went = steady_clock::now();
  ASSERT_OK(cluster().delete_node(node(0)));
  wait("longer than an object without a spec would live",
       [&]() -> Result<bool> { return steady_clock::now() - went > std::chrono::seconds(7); });
  wait_for_bandwidth(node(0), "is kept", [](const BandwidthView& object) {
    return object.ready_reason == "NodeNotFound" && object.used.network == LinkView{};
  });
  ASSERT_OK(cluster().create("/api/v1/nodes", node_json(node(0), {})));
  wait_for_bandwidth(node(0), "has the declared capacity again", in_force);
  ASSERT_OK(cluster().create_pods("again-", 6, {.egress = "100M"}));
  wait_for(3, 3);
}

TEST_F(BandwidthObjectTest, AnObjectThatIsDeletedByHandIsMadeAgainAndUseIsNotForgotten) {
  create_nodes(1);
  CapacityWatch witness = watch(1000);
  ASSERT_OK(cluster().create_pods("pod-", 6, {.egress = "100M", .ingress = "100M"}));
  wait_for(6, 0);
  wait_for_used(node(0), 600, 600);
  const BandwidthView before = *bandwidth(node(0));
  ASSERT_OK(cluster().remove(kObjects + node(0)));
  wait_for_bandwidth(node(0), "is made again", [&](const BandwidthView& object) {
    return object.uid != before.uid && object.used == before.used && object.pods == 6;
  });
  ASSERT_OK(cluster().create_pods("more-", 10, {.egress = "100M", .ingress = "100M"}));
  wait_for(10, 6);
  expect_strict(witness);
}

TEST_F(BandwidthObjectTest, AStatusThatSomebodyElseWroteIsPutRight) {
  create_nodes(1);
  ASSERT_OK(cluster().create_pods("pod-", 3, {.egress = "100M", .ingress = "100M"}));
  wait_for_used(node(0), 300, 300);
  ASSERT_OK(cluster().patch(kObjects + node(0) + "/status", R"({"status":{"used":{"network":{"ulMbps":7}}}})"));
  wait_for_used(node(0), 300, 300);
}

TEST_F(BandwidthObjectTest, EachStatusIsWhatTheJournalSaysAtItsSequence) {
  constexpr int kNodes = 4;
  create_nodes(kNodes);
  ASSERT_OK(cluster().create_pods("pod-", 60, {.egress = "70M", .ingress = "30M"}));
  // In the middle of the burst, and at its end.
  for (const bool ended : {false, true}) {
    ended ? wait_for(4 * 14, 4) : wait_for_bound(15);
    for (int i = 0; i < kNodes; ++i) {
      const auto object = bandwidth(node(i));
      ASSERT_TRUE(object);
      const auto at = replay_at(daemon().journal(), object->sequence);
      ASSERT_TRUE(at) << at.error().message;
      EXPECT_THAT(differences(*at, {*object}), ::testing::IsEmpty());
    }
  }
}

}  // namespace
}  // namespace bw
