// A fit is what apply() would charge, no more and no less, also beside the claims of others.
#include "projections/fit.h"

#include <gtest/gtest.h>

#include "tests/support/world.h"

namespace bw {
namespace {

TEST(FitCheck, ClaimsAreRoomThatOthersHave) {
  World world;
  world.node("n1", 1'000);
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.max_interfaces = 2; });
  world.pod("a", "600M");
  world.pod("b", "400M");
  world.pod("c", "1k");
  const NodeNumber n1 = world.node_number("n1");
  Claims claims(world.state());
  const FitCheck a(world.state(), world.pod_at("a"), &claims);
  EXPECT_EQ(a.on(n1).reason, Reason::kFits);
  a.claim(n1, claims);
  EXPECT_EQ(a.on(n1).reason, Reason::kNetworkUplink) << "twice it does not fit";
  const FitCheck b(world.state(), world.pod_at("b"), &claims);
  EXPECT_EQ(b.on(n1).reason, Reason::kFits) << "to the last bit";
  b.claim(n1, claims);
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.network_ul = object.network_dl = megabits(2'000); });
  const FitCheck c(world.state(), world.pod_at("c"), &claims);
  EXPECT_EQ(c.on(n1).reason, Reason::kInterfaceLimit);
  EXPECT_EQ(FitCheck(world.state(), world.pod_at("c")).on(n1).reason, Reason::kFits) << "without the claims";
}

TEST(FitCheck, ALinkAboveTheNodeHasItsOwnReason) {
  Policy policy;
  policy.levels = {{"rack", both(500), {}}};
  World world(policy);
  world.node("n1", 1'000);
  world.edit_node("n1", [](NodeSeen& node) { node.level_values = {"r1"}; });
  world.pod("a", "600M");
  const Fit fit = FitCheck(world.state(), world.pod_at("a")).on(world.node_number("n1"));
  EXPECT_EQ(fit.reason, Reason::kAboveNode);
  EXPECT_EQ(fit.misfit.lacking, (Sum{megabits(100), megabits(100)}));
}

TEST(FitCheck, MembersOfARackThatWouldLeaveItNeedRoomOnItsUplink) {
  Policy policy;
  policy.levels = {{"rack", both(500), {}}};
  World world(policy);
  for (const auto& [node, rack] : {std::pair("n1", "r1"), std::pair("n2", "r1"), std::pair("n3", "r2")}) {
    world.node(node, 1'000);
    world.edit_node(node, [&](NodeSeen& seen) { seen.level_values = {rack}; });
  }
  world.workload(WorkloadKind::kStatefulSet, "peers", 3);
  for (const auto& [pod, node] : {std::pair("p-0", "n1"), std::pair("p-1", "n2")}) {
    world.pod(pod, "300M", "peers");
    ASSERT_TRUE(world.run(pod, node));
  }
  EXPECT_EQ(world.uplink("r1").used, Rates{});
  world.pod("p-2", "300M", "peers");
  const FitCheck fit(world.state(), world.pod_at("p-2"));
  EXPECT_EQ(fit.on(world.node_number("n3")).reason, Reason::kAboveNode);
  EXPECT_EQ(fit.on(world.node_number("n1")).reason, Reason::kFits);
}

TEST(FitCheck, AnOvercommittedLinkOfTheOthersIsSaidToBeThat) {
  World world;
  world.node("n1", 1'000);
  world.node("n2", 1'000);
  world.workload(WorkloadKind::kStatefulSet, "peers", 3);
  world.pod("p-0", "10M", "peers");
  ASSERT_TRUE(world.run("p-0", "n1"));
  world.pod("foreign", "1500M");
  world.place("foreign", "n1");
  world.pod("p-1", "10M", "peers");
  const FitCheck fit(world.state(), world.pod_at("p-1"));
  EXPECT_EQ(fit.on(world.node_number("n2")).reason, Reason::kLinkOvercommitted);
  EXPECT_EQ(fit.on(world.node_number("n1")).reason, Reason::kFits) << "beside its peer it is not charged there";
}

}  // namespace
}  // namespace bw
