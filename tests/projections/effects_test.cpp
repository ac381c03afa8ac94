// What the world still owes us follows from the state, whatever happened in between.
#include "projections/effects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/world.h"

namespace bw {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Pair;

TEST(Effects, ABindingIsOwedFromTheReservationToItsOutcome) {
  World world;
  world.node("n1");
  world.pod("a", "100M/50M");
  world.bind("a", "n1");
  const std::vector<Effect> effects = pending_effects(world.state());
  ASSERT_EQ(effects.size(), 1U);
  const BindPod& bind = std::get<BindPod>(effects[0]);
  EXPECT_EQ(bind.cause, world.state().applied);
  EXPECT_EQ(bind.pod, world.shown("a").identity);
  EXPECT_EQ(bind.node, "n1");
  EXPECT_EQ(bind.resource_version, world.shown("a").resource_version);
  EXPECT_THAT(bind.annotations, ElementsAre(Pair("kubernetes.io/egress-bandwidth", "100M"),
                                            Pair("kubernetes.io/ingress-bandwidth", "50M"),
                                            Pair("networking.vaclab.org/granted", "ul=100000000,dl=50000000")));
  EXPECT_EQ(pending_effects(fold(world.events())), effects) << "a restart owes the same";
  world.confirm("a");
  EXPECT_THAT(pending_effects(world.state()), IsEmpty());
}

TEST(Effects, ABindingIsOwedUntilThePodIsSeenBoundThoughNobodyConfirmedIt) {
  World world;
  world.node("n1");
  world.pod("a", "100M");
  world.bind("a", "n1");
  world.place("a", "n1");
  EXPECT_THAT(pending_effects(world.state()), IsEmpty());
  EXPECT_EQ(world.pod_at("a").placement->by, PlacedBy::kUs);
}

TEST(Effects, ABindingIsSentWithTheVersionThatIsKnownNow) {
  World world;
  world.node("n1");
  world.pod("a", "100M");
  world.bind("a", "n1");
  world.edit(
      "a", [](PodSeen& pod) { pod.fields.priority = 3; }, ObservedBy::kRead);
  EXPECT_EQ(pending_binding(world.state(), world.pod_number("a"))->resource_version, world.shown("a").resource_version);
}

TEST(Effects, ABindingRestatesTheGroupAndTheLinksOfItsGrant) {
  World world;
  world.node("n1");
  world.prepare_pod("a", "100M");
  world.edit("a", [](PodSeen& pod) {
    pod.fields.group = "g";
    pod.fields.network_charge = NetworkCharge::kAlways;
  });
  world.bind("a", "n1");
  world.edit("a", [](PodSeen& pod) {
    pod.fields.group = "other";
    pod.fields.network_charge = NetworkCharge::kWhenSpread;
  });
  const std::optional<BindPod> bind = pending_binding(world.state(), world.pod_number("a"));
  EXPECT_THAT(bind->annotations, IsSupersetOf({Pair("networking.vaclab.org/group", "g"),
                                               Pair("networking.vaclab.org/network-charge", "Always")}));
}

TEST(Effects, APodThatAsksForNothingIsBoundWithoutAnnotations) {
  World world;
  world.node("n1");
  world.pod("a");
  world.bind("a", "n1");
  EXPECT_THAT(std::get<BindPod>(pending_effects(world.state()).at(0)).annotations, IsEmpty());
}

TEST(Effects, AGrantedDefaultIsWrittenToThePod) {
  Policy policy;
  policy.default_request = both(20);
  policy.write_dialect = Dialect::kOvn;
  World world(policy);
  world.node("n1");
  world.pod("a");
  world.bind("a", "n1");
  EXPECT_THAT(std::get<BindPod>(pending_effects(world.state()).at(0)).annotations,
              ElementsAre(Pair("ovn.kubernetes.io/egress_rate", "20"), Pair("ovn.kubernetes.io/ingress_rate", "20"),
                          Pair("networking.vaclab.org/granted", "ul=20000000,dl=20000000")));
}

// ---- fencing (R14) ----

TEST(Fencing, EveryUnboundPodThatAsksIsOwedTheNewTerm) {
  World world;
  world.node("n1");
  world.pod("waits", "100M");
  world.pod("nothing");
  world.pod("bound", "100M");
  world.run("bound", "n1");
  world.begin_term(3);
  const std::vector<Effect> effects = pending_effects(world.state());
  ASSERT_EQ(effects.size(), 1U);
  const FencePod& fence = std::get<FencePod>(effects[0]);
  EXPECT_EQ(fence.pod.name, "waits");
  EXPECT_EQ(fence.term, 3U);
  EXPECT_EQ(fence.cause, world.state().term_began);
  world.edit("waits", [](PodSeen& pod) { pod.fields.term = 3; });
  EXPECT_THAT(pending_effects(world.state()), IsEmpty());
}

TEST(Fencing, EndsWithTheTermAndWithAStart) {
  World world;
  world.pod("waits", "100M");
  world.begin_term(3);
  world.record(TermEnded{"lost the lease"});
  EXPECT_THAT(pending_effects(world.state()), IsEmpty());
  world.begin_term(4);
  world.begin_epoch();
  EXPECT_THAT(pending_effects(world.state()), IsEmpty()) << "a new process leads nobody yet";
}

TEST(Fencing, APodThatWentIsOwedNothing) {
  World world;
  world.pod("a", "100M");
  world.pod("b", "100M");
  world.begin_term(3);
  world.gone("a");
  world.terminate("b");
  EXPECT_THAT(pending_effects(world.state()), IsEmpty());
}

}  // namespace
}  // namespace bw
