// What events do to a state: when a pod counts, what a node has, what is owed and announced.
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

template <class Kind>
std::vector<Kind> facts_of(const World& world) {
  std::vector<Kind> found;
  for (const Event& event : world.events()) {
    if (const auto* fact = std::get_if<Kind>(&event.fact)) found.push_back(*fact);
  }
  return found;
}

template <class Kind>
std::vector<Kind> effects_of(const World& world) {
  std::vector<Kind> found;
  for (const Effect& effect : pending_effects(world.state())) {
    if (const auto* one = std::get_if<Kind>(&effect)) found.push_back(*one);
  }
  return found;
}

// ---- R4: when a pod counts ----

TEST(Counting, BeginsWithTheReservation) {
  World world;
  world.node("n1");
  world.pod("a", "100M");
  EXPECT_EQ(world.network("n1").used, Rates{});
  world.bind("a", "n1");
  EXPECT_EQ(world.network("n1").used, both(100));
  EXPECT_FALSE(world.pod_at("a").placement->settled);
}

TEST(Counting, BeginsWithTheFirstSightOfANodeName) {
  World world;
  world.node("n1");
  world.pod("a", "100M");
  world.place("a", "n1");
  EXPECT_EQ(world.network("n1").used, both(100));
  EXPECT_EQ(world.pod_at("a").placement->by, PlacedBy::kForeign);
}

TEST(Counting, EndsWhenThePodIsSeenToHaveEnded) {
  for (const PodPhase phase : {PodPhase::kSucceeded, PodPhase::kFailed}) {
    World world;
    world.node("n1");
    world.pod("a", "100M");
    world.run("a", "n1");
    world.phase("a", phase);
    EXPECT_EQ(world.network("n1").used, Rates{});
    EXPECT_TRUE(world.state().nodes.at(world.node_number("n1")).pods.empty());
  }
}

TEST(Counting, EndsWhenThePodIsGone) {
  World world;
  world.node("n1");
  world.pod("a", "100M");
  world.run("a", "n1");
  world.gone("a");
  EXPECT_EQ(world.network("n1").used, Rates{});
}

TEST(Counting, GoesOnWhileThePodTerminates) {
  World world;
  world.node("n1");
  world.pod("a", "100M");
  world.run("a", "n1");
  world.terminate("a");
  EXPECT_EQ(world.network("n1").used, both(100));
  EXPECT_TRUE(world.pod_at("a").placement->terminating);
}

TEST(Counting, AReservedPodThatIsDeletedUnboundCountsNoMore) {
  World world;
  world.node("n1");
  world.pod("a", "100M");
  world.bind("a", "n1");
  world.terminate("a");
  EXPECT_EQ(world.network("n1").used, Rates{}) << "its Binding is refused by the API server from now on";
  EXPECT_THAT(effects_of<BindPod>(world), IsEmpty());
}

TEST(Counting, EndsWithTheRefusalOfTheBinding) {
  World world;
  world.node("n1");
  world.pod("a", "100M");
  world.bind("a", "n1");
  world.refuse("a");
  EXPECT_EQ(world.network("n1").used, Rates{});
  EXPECT_THAT(effects_of<BindPod>(world), IsEmpty());
}

TEST(Counting, ARefusalAfterThePodWasSeenBoundChangesNothing) {
  World world;
  world.node("n1");
  world.pod("a", "100M");
  world.run("a", "n1");
  world.refuse("a");
  EXPECT_EQ(world.network("n1").used, both(100));
}

TEST(Counting, ThePodIsWhereTheApiServerSaysAndNotWhereWeReserved) {
  World world;
  world.node("n1");
  world.node("n2");
  world.pod("a", "100M");
  world.bind("a", "n1");
  world.place("a", "n2");
  EXPECT_EQ(world.network("n1").used, Rates{});
  EXPECT_EQ(world.network("n2").used, both(100));
  EXPECT_EQ(world.pod_at("a").placement->by, PlacedBy::kForeign);
}

TEST(Counting, APodGrantedInAnotherTermCountsAsGranted) {
  World world;
  world.node("n1");
  world.prepare_pod("a", "100M");
  world.edit("a", [](PodSeen& pod) {
    pod.node_name = "n1";
    pod.fields.granted = both(300);
  });
  EXPECT_EQ(world.network("n1").used, both(300));
  EXPECT_EQ(world.pod_at("a").placement->by, PlacedBy::kGranted);
}

TEST(Counting, APodOnANodeThatNobodyHasShownCounts) {
  World world;
  world.pod("a", "100M");
  world.place("a", "later");
  EXPECT_EQ(world.network("later").used, both(100));
  world.node("later", 50);
  EXPECT_TRUE(world.network("later").overcommitted);
}

// ---- foreign pods with invalid requests ----

TEST(Counting, AForeignPodWithAnInvalidRequestCountsWithTheDefault) {
  Policy policy;
  policy.default_request = both(20);
  World world(policy);
  world.node("n1");
  world.pod("a", "-5");
  world.place("a", "n1");
  EXPECT_EQ(world.network("n1").used, both(20));
}

TEST(Counting, TheDefaultOfAnInvalidForeignPodIsThatOfItsNamespace) {
  Policy policy;
  policy.default_request = both(20);
  World world(policy);
  NamespaceSeen space = namespace_seen("net");
  space.default_ul = space.default_dl = megabits(70);
  world.space(space);
  world.node("n1");
  world.pod("a", "-5");
  world.place("a", "n1");
  EXPECT_EQ(world.network("n1").used, both(70));
}

// ---- R5: drift ----

TEST(Drift, TheLargerCountsInEachDirection) {
  World world;
  world.node("n1");
  world.pod("a", "100M/50M");
  world.run("a", "n1");
  world.edit("a", [](PodSeen& pod) { pod.fields.requests = requests("30M/80M"); });
  EXPECT_EQ(world.network("n1").used, (Rates{megabits(100), megabits(80)}));
  ASSERT_EQ(facts_of<DriftBegan>(world).size(), 1U);
  EXPECT_EQ(facts_of<DriftBegan>(world)[0].requested, (Rates{megabits(30), megabits(80)}));
  world.edit("a", [](PodSeen& pod) { pod.fields.requests = requests("100M/50M"); });
  EXPECT_EQ(world.network("n1").used, (Rates{megabits(100), megabits(50)}));
  EXPECT_EQ(facts_of<DriftEnded>(world).size(), 1U);
}

TEST(Drift, IsAnnouncedOnceAndEndsWithThePodsStay) {
  World world;
  world.node("n1");
  world.pod("a", "100M");
  world.run("a", "n1");
  world.edit("a", [](PodSeen& pod) { pod.fields.requests = requests("200M"); });
  world.edit("a", [](PodSeen& pod) { pod.fields.requests = requests("300M"); });
  EXPECT_EQ(facts_of<DriftBegan>(world).size(), 1U);
  world.phase("a", PodPhase::kSucceeded);
  EXPECT_EQ(facts_of<DriftEnded>(world).size(), 1U);
  EXPECT_EQ(world.network("n1").used, Rates{});
}

TEST(Drift, AnEditOfTheGroupIsDriftAndTheGroupStays) {
  World world;
  world.node("n1");
  world.prepare_pod("a", "100M");
  world.edit("a", [](PodSeen& pod) { pod.fields.group = "g"; });
  world.run("a", "n1");
  world.edit("a", [](PodSeen& pod) { pod.fields.group = "other"; });
  EXPECT_EQ(facts_of<DriftBegan>(world).size(), 1U);
  EXPECT_EQ(world.pod_at("a").placement->group.name, "g");
}

TEST(Drift, AGrantedDefaultIsNone) {
  Policy policy;
  policy.default_request = both(20);
  World world(policy);
  world.node("n1");
  world.pod("a", "100M/");
  world.run("a", "n1");
  EXPECT_THAT(facts_of<DriftBegan>(world), IsEmpty());
  EXPECT_EQ(world.network("n1").used, (Rates{megabits(100), megabits(20)}));
}

TEST(Drift, ALaterDefaultOfTheNamespaceChangesNoGrant) {
  World world;
  world.node("n1");
  world.pod("a");
  world.run("a", "n1");
  NamespaceSeen space = namespace_seen("net");
  space.default_ul = space.default_dl = megabits(70);
  world.space(space);
  world.edit("a", [](PodSeen& pod) { pod.fields.priority = 1; });
  EXPECT_EQ(world.network("n1").used, Rates{});
  EXPECT_THAT(facts_of<DriftBegan>(world), IsEmpty());
}

// ---- nodes and their objects ----

TEST(Capacity, IsTheDefaultWhereTheObjectSaysNothing) {
  World world;
  world.node("n1");
  EXPECT_EQ(world.local("n1").capacity, both(20'000));
  EXPECT_EQ(world.network("n1").capacity, both(1'000));
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.network_ul = megabits(300); });
  EXPECT_EQ(world.network("n1").capacity, (Rates{megabits(300), megabits(1'000)})) << "per direction";
}

TEST(Capacity, ZeroMeansZero) {
  World world;
  world.node("n1", 0);
  EXPECT_EQ(world.network("n1").capacity, Rates{});
  world.pod("a", "1k");
  EXPECT_EQ(world.bind("a", "n1").outcome, BindVerdict::Outcome::kRefuse);
}

TEST(Capacity, ANodeThatComesBackFindsItsObjectAndItsPods) {
  World world;
  world.node("n1", 500);
  world.pod("a", "100M");
  world.run("a", "n1");
  const NodeNumber before = world.node_number("n1");
  world.node_gone("n1");
  EXPECT_EQ(world.network("n1").used, both(100)) << "the pod has not been seen to end";
  EXPECT_EQ(world.state().nodes.at(before).readiness, NodeReadiness::kNodeNotFound);
  world.pass_seconds(60);
  world.bare_node("n1");
  EXPECT_EQ(world.node_number("n1"), before);
  EXPECT_EQ(world.network("n1").capacity, both(500));
  EXPECT_EQ(world.network("n1").used, both(100));
  EXPECT_EQ(world.state().nodes.at(before).readiness, NodeReadiness::kReady);
}

TEST(Capacity, AnObjectDeletedByHandTakesNoPodWithItAndIsMadeAgain) {
  World world;
  world.node("n1", 2'000);
  world.pod("a", "1500M");
  world.run("a", "n1");
  world.bandwidth_gone("n1");
  EXPECT_EQ(world.network("n1").used, both(1'500)) << "what counts is not in the object";
  EXPECT_EQ(world.network("n1").capacity, both(1'000)) << "nothing is declared any more";
  EXPECT_EQ(facts_of<LinkOvercommitted>(world).size(), 1U);
  EXPECT_THAT(effects_of<CreateBandwidth>(world), ElementsAre(testing::Field(&CreateBandwidth::node, "n1")));
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.network_ul = object.network_dl = megabits(2'000); });
  EXPECT_THAT(effects_of<CreateBandwidth>(world), IsEmpty());
  EXPECT_EQ(facts_of<LinkRecovered>(world).size(), 1U);
}

TEST(Capacity, AnInterfaceMoreOrLessIsCountedOnTheNode) {
  World world;
  world.node("n1");
  world.pod("a", "100M");
  world.run("a", "n1");
  world.edit("a", [](PodSeen& pod) { pod.fields.interfaces = 3; });
  EXPECT_EQ(view_node(world.state(), world.node_number("n1")).interfaces_used, 3U);
  EXPECT_EQ(digest_from_scratch(world.state()), world.state().digest);
}

// ---- R13 ----

TEST(KeptBack, IsTakenFromTheRoomAndIsNotUse) {
  World world;
  world.node("n1");
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.kept_back = {{"host", {}, both(300), {}}}; });
  EXPECT_EQ(world.network("n1").kept_back, both(300));
  EXPECT_EQ(world.network("n1").used, Rates{});
  EXPECT_EQ(world.network("n1").available, both(700));
}

TEST(KeptBack, EndsAtItsTimeByAFact) {
  World world;
  world.node("n1");
  const Timestamp until{world.now().ns + 60 * kNanosecondsPerSecond};
  world.edit_bandwidth("n1", [&](BandwidthSeen& object) {
    object.kept_back = {{"run", {}, both(300), until}, {"host", {}, both(50), {}}};
  });
  world.pass_seconds(30);
  EXPECT_EQ(world.network("n1").kept_back, both(350));
  EXPECT_THAT(facts_of<DeadlinePassed>(world), IsEmpty());
  world.pass_seconds(30);
  EXPECT_EQ(facts_of<DeadlinePassed>(world).size(), 1U);
  EXPECT_EQ(world.network("n1").kept_back, both(50));
  EXPECT_EQ(next_deadline(world.state()), std::nullopt);
}

TEST(KeptBack, WhatHasEndedAlreadyIsNotKeptBack) {
  World world;
  world.node("n1");
  const Timestamp until{world.now().ns - 1};
  world.edit_bandwidth("n1", [&](BandwidthSeen& object) { object.kept_back = {{"run", {}, both(300), until}}; });
  EXPECT_EQ(world.network("n1").kept_back, Rates{});
}

TEST(KeptBack, AboveWhatIsFreeIsNotOvercommitment) {
  World world;
  world.node("n1");
  world.pod("a", "800M");
  world.run("a", "n1");
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.kept_back = {{"run", {}, both(300), {}}}; });
  const NodeView view = view_node(world.state(), world.node_number("n1"));
  EXPECT_FALSE(view.overcommitted);
  EXPECT_EQ(view.readiness, NodeReadiness::kReservationNotCovered);
  EXPECT_EQ(view.network.available, Rates{});
  EXPECT_THAT(facts_of<LinkOvercommitted>(world), IsEmpty());
  world.pod("b", "1k");
  EXPECT_EQ(world.bind("b", "n1").outcome, BindVerdict::Outcome::kRefuse) << "nothing more is placed";
}

// ---- R10 ----

TEST(Overcommitment, IsAFactThatBeginsAndEnds) {
  World world;
  world.node("n1");
  world.pod("a", "700M");
  world.run("a", "n1");
  world.pod("b", "400M");
  world.place("b", "n1");
  ASSERT_EQ(facts_of<LinkOvercommitted>(world).size(), 1U);
  EXPECT_EQ(facts_of<LinkOvercommitted>(world)[0].link,
            (LinkName{LinkName::Kind::kNetwork, world.node_number("n1"), ""}));
  EXPECT_EQ(world.network("n1").available, Rates{});
  world.gone("b");
  EXPECT_EQ(facts_of<LinkRecovered>(world).size(), 1U);
}

TEST(Overcommitment, OfCapacityLoweredBelowUseIsAnnounced) {
  World world;
  world.node("n1");
  world.pod("a", "700M");
  world.run("a", "n1");
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.network_dl = megabits(500); });
  EXPECT_EQ(facts_of<LinkOvercommitted>(world).size(), 1U);
  EXPECT_TRUE(view_node(world.state(), world.node_number("n1")).overcommitted);
}

// ---- what is owed for nodes ----

TEST(NodeDuty, ANodeWithoutAnObjectIsOwedOne) {
  World world;
  world.bare_node("n1");
  EXPECT_EQ(effects_of<CreateBandwidth>(world).size(), 1U);
  world.node_gone("n1");
  EXPECT_THAT(effects_of<CreateBandwidth>(world), IsEmpty());
}

TEST(NodeDuty, AnEmptyObjectIsRemovedFiveSecondsAfterItsNodeHasGone) {
  World world;
  world.list(Stream::kNodes, {}, 0);
  world.node("n1");
  world.node_gone("n1");
  world.pass_seconds(4);
  EXPECT_THAT(effects_of<DeleteBandwidth>(world), IsEmpty());
  world.pass_seconds(1);
  ASSERT_EQ(effects_of<DeleteBandwidth>(world).size(), 1U);
  const DeleteBandwidth effect = effects_of<DeleteBandwidth>(world)[0];
  EXPECT_EQ(effect.uid, world.shown_bandwidth("n1").uid);
  EXPECT_EQ(effect.resource_version, world.shown_bandwidth("n1").resource_version);
  world.bandwidth_gone("n1");
  EXPECT_THAT(effects_of<DeleteBandwidth>(world), IsEmpty());
}

TEST(NodeDuty, AnObjectStaysWhileItDeclaresSomethingOrAPodCounts) {
  World world;
  world.list(Stream::kNodes, {}, 0);
  world.node("declares", 500);
  world.node("holds");
  world.pod("a", "100M");
  world.run("a", "holds");
  world.node_gone("declares");
  world.node_gone("holds");
  world.pass_seconds(60);
  EXPECT_THAT(effects_of<DeleteBandwidth>(world), IsEmpty());
  world.gone("a");
  EXPECT_EQ(effects_of<DeleteBandwidth>(world).size(), 1U) << "the one that held a pod";
}

TEST(NodeDuty, CapacityMayBeDeclaredBeforeTheNodeJoins) {
  World world;
  world.list(Stream::kNodes, {}, 0);
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.network_ul = megabits(300); });
  world.pass_seconds(60);
  EXPECT_THAT(effects_of<DeleteBandwidth>(world), IsEmpty());
  world.bare_node("n1");
  EXPECT_EQ(world.network("n1").capacity.ul, megabits(300));
}

// ---- numbers ----

TEST(Apply, PodNumbersAreGivenAgainTheSmallestFirst) {
  World world;
  for (const char* name : {"a", "b", "c"}) world.pod(name);
  const PodNumber first = world.pod_number("a");
  world.gone("b");
  world.gone("a");
  world.pod("d");
  EXPECT_EQ(world.pod_number("d"), first);
}

TEST(Apply, AWorkloadLivesAsLongAsSomethingRefersToIt) {
  World world;
  world.node("n1");
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  world.pod("a", "100M", "peers");
  world.run("a", "n1");
  world.workload_gone("peers");
  EXPECT_EQ(world.state().workloads.size(), 1U);
  world.gone("a");
  EXPECT_EQ(world.state().workloads.size(), 0U);
  world.workload(WorkloadKind::kStatefulSet, "others", 5);
  EXPECT_EQ(world.state().workloads.size(), 1U);
}

TEST(ApplyDeath, RefusesAHoleInTheSequence) {
  State state;
  EXPECT_DEATH(apply(state, Event{2, {}, 0, 0, DeadlinePassed{}}), "does not follow");
}

}  // namespace
}  // namespace bw
