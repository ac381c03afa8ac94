// More pods than fit, all at once, on the real scheduler: what fits is bound, nothing more ever is, and neither kills
// nor stops of the daemon change that.
#include <map>
#include <set>

#include "live_test.h"
#include "tests/support/replay_check.h"

namespace bw {
namespace {

using ::testing::HasSubstr;

class BurstTest : public LiveTest {
 protected:
  // Once the daemon has written what it knows: each node of this test shows what its bound pods add up to.
  void expect_used_equals_recount(int nodes) {
    const std::map<std::string, NodeUse> counted = recount(pods());
    for (int i = 0; i < nodes; ++i) {
      const auto found = counted.find(node(i));
      const NodeUse use = found == counted.end() ? NodeUse{} : found->second;
      const LinkView expected{.ul = use.rates.ul / kBitsPerMegabit, .dl = use.rates.dl / kBitsPerMegabit};
      wait_for_bandwidth(node(i), "shows what its pods add up to", [&](const BandwidthView& object) {
        return object.used.network == expected && object.used.local == expected && object.pods == use.pods;
      });
    }
  }

  void expect_journal_holds() {
    const auto report = replay_verify(daemon().journal());
    ASSERT_TRUE(report) << report.error().message;
    EXPECT_EQ(report->result, "ok");
    EXPECT_EQ(report->refold, "ok");
  }
};

TEST_F(BurstTest, SixtyPodsOnOneNodeBindTenAndTheOthersAreToldWhy) {
  create_nodes(1);
  CapacityWatch witness = watch(1000);
  ASSERT_OK(cluster().create_pods("pod-", 60, {.egress = "100M", .ingress = "50M"}));
  wait_for(10, 50);
  expect_used_equals_recount(1);
  expect_strict(witness);
  EXPECT_EQ(witness.findings().most_bound, 10);
  for (const PodView& pod : pods()) {
    if (!pod.node.empty()) continue;
    EXPECT_THAT(pod.scheduled_message, HasSubstr("0/1 nodes are available: 1 insufficient network uplink bandwidth."));
  }
}

TEST_F(BurstTest, TheDirectionThatIsShortIsNamed) {
  create_nodes(1);
  ASSERT_OK(cluster().create_pods("pod-", 5, {.egress = "1M", .ingress = "300M"}));
  wait_for(3, 2);
  for (const PodView& pod : pods()) {
    if (!pod.node.empty()) continue;
    EXPECT_THAT(pod.scheduled_message, HasSubstr("1 insufficient network downlink bandwidth."));
  }
}

TEST_F(BurstTest, AHundredPodsOverFiveNodesBindFifty) {
  create_nodes(5);
  CapacityWatch witness = watch(1000);
  ASSERT_OK(cluster().create_pods("pod-", 100, {.egress = "100M", .ingress = "100M"}));
  wait_for(50, 50);
  expect_used_equals_recount(5);
  expect_strict(witness);
}

TEST_F(BurstTest, PodsThatOthersPlacedAreCounted) {
  static bool started = false;
  if (!std::exchange(started, true)) {
    ASSERT_OK(plane().start_scheduler({.name = "other-scheduler"}));
  }
  create_nodes(2);
  CapacityWatch witness = watch(1000);
  // Few enough that one node can carry them all: whoever asks nobody may choose so.
  ASSERT_OK(cluster().create_pods("other-", 7, {.egress = "100M", .scheduler = "other-scheduler"}));
  ASSERT_OK(cluster().create_pods("by-hand-", 3, {.egress = "100M", .node = node(0)}));
  wait_for(10, 0);
  expect_used_equals_recount(2);
  ASSERT_OK(cluster().create_pods("pod-", 30, {.egress = "100M"}));
  wait_for(20, 20);
  expect_used_equals_recount(2);
  expect_strict(witness);
}

TEST_F(BurstTest, NothingIsPlacedOnANodeThatOthersHaveFilledBeyondItsCapacity) {
  create_nodes(2);
  ASSERT_OK(cluster().create_pods("by-hand-", 12, {.egress = "100M", .node = node(0)}));
  wait_for_bandwidth(node(0), "is overcommitted", [](const BandwidthView& object) { return object.overcommitted; });
  EXPECT_EQ(bandwidth(node(0))->available.network, (LinkView{.ul = 0, .dl = 1000}));
  ASSERT_OK(cluster().create_pods("pod-", 12, {.egress = "100M"}));
  wait_for(12 + 10, 2);
  for (const PodView& pod : pods()) EXPECT_EQ(pod.node == node(0), pod.name.starts_with("by-hand-")) << pod.name;
  // Not even in the direction that has room.
  ASSERT_OK(
      cluster().create_pods("down-", 1, {.ingress = "100M", .node_selector = {{"kubernetes.io/hostname", node(0)}}}));
  wait_for(12 + 10, 3);
  EXPECT_THAT(pod("down-0").scheduled_message, HasSubstr("1 link is overcommitted"));
  wait_for_event("BandwidthOvercommitted", node(0));
}

TEST_F(BurstTest, KilledFiveTimesInABurst) {
  constexpr int kNodes = 60;  // so that a slow machine, which sees late how many are bound, is not too late
  constexpr int kFit = 10 * kNodes;
  create_nodes(kNodes);
  CapacityWatch witness = watch(1000);
  burst("pod-", 2 * kFit, {.egress = "100M"});
  for (int kill = 0; kill < 5; ++kill) {
    wait_for_bound(5 + 60 * kill);
    daemon().kill();
    EXPECT_LT(bound_now(), kFit) << "the burst was over before kill " << kill;
    ASSERT_OK(daemon().start_again());
  }
  wait_for(kFit, kFit);
  expect_used_equals_recount(kNodes);
  expect_strict(witness);
  expect_journal_holds();
}

TEST_F(BurstTest, AnOrderlyStopLeavesNoBindingHalfDone) {
  constexpr int kNodes = 20;
  constexpr int kFit = 10 * kNodes;
  create_nodes(kNodes);
  CapacityWatch witness = watch(1000);
  burst("pod-", 2 * kFit, {.egress = "100M"});
  wait_for_bound(20);
  EXPECT_EQ(daemon().stop(), 0);

  // Nobody decides now, so what the journal holds and what the cluster holds can be compared pod by pod.
  std::set<std::string> bound;
  for (const PodView& pod : pods()) {
    if (!pod.node.empty()) bound.insert(pod.space + "/" + pod.name);
  }
  const auto reservations = replay_reservations(daemon().journal());
  ASSERT_TRUE(reservations) << reservations.error().message;
  std::set<std::string> reserved;
  for (const auto& [pod, phase] : *reservations) {
    reserved.insert(pod);
    EXPECT_EQ(phase, "Bound") << pod;
  }
  EXPECT_EQ(reserved, bound);
  EXPECT_LT(static_cast<int>(bound.size()), kFit) << "the burst was over before the stop";

  ASSERT_OK(daemon().start_again());
  wait_for(kFit, kFit);
  expect_used_equals_recount(kNodes);
  expect_strict(witness);
}

}  // namespace
}  // namespace bw
