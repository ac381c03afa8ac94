// Refused pods are woken when they fit (R15).
#include "projections/wake_up.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "projections/effects.h"
#include "tests/support/world.h"

namespace bw {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

class WakeUpTest : public testing::Test {
 protected:
  // A node with `room` Mbit/s, filled by a pod of the node's name that can go.
  void full_node(std::string_view name, std::int64_t room = 100) {
    world.node(name, room);
    world.pod(std::string(name) + "-filler", std::to_string(room) + "M");
    ASSERT_TRUE(world.run(std::string(name) + "-filler", name));
  }
  void empty(std::string_view node) { world.gone(std::string(node) + "-filler"); }

  void refused(std::string_view pod, std::string_view request = "100M", std::int32_t priority = 0,
               const std::vector<std::string>& offered = {}) {
    world.prepare_pod(pod, request);
    world.edit(pod, [&](PodSeen& seen) { seen.fields.priority = priority; });
    ASSERT_THAT(world.filter(pod, offered).named, IsEmpty()) << pod;
  }

  std::vector<std::string> woken(std::size_t most = 100) {
    std::vector<std::string> names;
    for (const Fact& fact : world.wake(most)) {
      names.push_back(world.state().pods.at(std::get<PodWoken>(fact).pod).identity.name);
    }
    return names;
  }

  // Whether the daemon would look, since it last did at `seen`.
  bool possible(Sequence seen) const { return wake_ups_possible(world.state(), seen); }

  World world;
};

TEST_F(WakeUpTest, NobodyIsWokenWhoDoesNotFit) {
  full_node("n1");
  refused("a");
  EXPECT_THAT(woken(), IsEmpty());
  empty("n1");
  EXPECT_THAT(woken(), ElementsAre("a"));
}

TEST_F(WakeUpTest, RoomIsGivenOnceByPriorityAndThenAge) {
  full_node("n1", 200);
  refused("old");
  refused("young");
  refused("urgent", "100M", 10);
  empty("n1");
  EXPECT_THAT(woken(), ElementsAre("urgent", "old"));
}

TEST_F(WakeUpTest, TheWokenKeepTheirRoomUntilTheyAnswer) {
  full_node("n1");
  refused("a");
  refused("b");
  empty("n1");
  EXPECT_THAT(woken(), ElementsAre("a"));
  EXPECT_THAT(woken(), IsEmpty()) << "nor is the one that was woken woken again";
}

TEST_F(WakeUpTest, ALargePodThatDoesNotFitLetsSmallerOnesPass) {
  full_node("n1", 100);
  refused("large", "400M", 10);
  refused("small", "100M");
  empty("n1");
  EXPECT_THAT(woken(), ElementsAre("small"));
}

TEST_F(WakeUpTest, APodWokenAndNotBoundGoesBehindItsEquals) {
  full_node("n1");
  refused("a");
  refused("b");
  empty("n1");
  ASSERT_THAT(woken(), ElementsAre("a"));
  world.pod("thief", "100M");
  ASSERT_TRUE(world.run("thief", "n1"));
  world.filter("a");
  world.gone("thief");
  EXPECT_THAT(woken(), ElementsAre("b")) << "it is younger, but it has not had its turn";
}

TEST_F(WakeUpTest, OneThatDoesNotAnswerIsNotWaitedForForEver) {
  full_node("n1");
  refused("a");
  refused("b");
  empty("n1");
  ASSERT_THAT(woken(), ElementsAre("a"));
  world.pass_seconds(kWakeUpAnswerNs / kNanosecondsPerSecond - 1);
  EXPECT_THAT(woken(), IsEmpty());
  world.pass_seconds(2);
  EXPECT_THAT(woken(), ElementsAre("b"));
}

TEST_F(WakeUpTest, AFewAtATime) {
  full_node("n1", 300);
  for (const char* pod : {"a", "b", "c"}) refused(pod);
  empty("n1");
  EXPECT_THAT(woken(2), ElementsAre("a", "b"));
  EXPECT_THAT(woken(2), ElementsAre("c"));
}

TEST_F(WakeUpTest, OnlyNodesThatWereOfferedOrHaveChangedCount) {
  full_node("n1");
  world.node("n2", 1'000);
  refused("a", "100M", 0, {"n1"});
  EXPECT_THAT(woken(), IsEmpty()) << "another plugin refuses n2";
  world.edit_node("n2", [](NodeSeen& node) { node.allocatable_pods = 50; });
  EXPECT_THAT(woken(), ElementsAre("a")) << "it may be offered now";
}

TEST_F(WakeUpTest, APodThatComesToANodeOpensItToNobody) {
  full_node("n1");
  world.node("n2", 1'000);
  refused("a", "100M", 0, {"n1"});
  world.pod("other", "100M");
  ASSERT_TRUE(world.run("other", "n2"));
  EXPECT_THAT(woken(), IsEmpty()) << "another plugin refuses n2";
  const Sequence seen = world.state().applied;
  world.gone("other");
  EXPECT_TRUE(possible(seen));
  EXPECT_THAT(woken(), ElementsAre("a")) << "what kept it out may have left";
}

TEST_F(WakeUpTest, MoreOnALinkMayLetAMemberFit) {
  for (const char* name : {"n1", "n2", "n3"}) world.node(name, 100);
  world.workload(WorkloadKind::kStatefulSet, "peers", 3);
  for (const char* pod : {"a", "b"}) {
    world.pod(pod, "60M", "peers");
    ASSERT_TRUE(world.run(pod, "n1"));
  }
  world.pod("c", "60M", "peers");
  ASSERT_THAT(world.filter("c", {"n2"}).named, IsEmpty()) << "n1 cannot carry both once the group spreads";
  const Sequence seen = world.state().applied;
  world.pod("stray", "10M", "peers");
  world.place("stray", "n3");
  EXPECT_TRUE(possible(seen));
  EXPECT_THAT(woken(), ElementsAre("c")) << "others have spread it";
}

TEST_F(WakeUpTest, APodThatAsksForNothingNeedsANodeAllTheSame) {
  world.node("n1");
  world.prepare_pod("a", "");
  world.edit("a", [](PodSeen& pod) { pod.fields.refused = true; });
  world.edit_node("n1", [](NodeSeen& node) { node.unschedulable = true; });
  EXPECT_THAT(woken(), IsEmpty());
  world.edit_node("n1", [](NodeSeen& node) { node.unschedulable = false; });
  EXPECT_THAT(woken(), ElementsAre("a"));
}

TEST_F(WakeUpTest, TheRoomOfOneThatDoesNotAnswerIsFreeAtAKnownTime) {
  full_node("n1");
  refused("a");
  EXPECT_EQ(next_wake_up_lapse(world.state(), world.now()), std::nullopt);
  empty("n1");
  const Timestamp woken_at = world.now();
  ASSERT_THAT(woken(), ElementsAre("a"));
  const std::optional<Timestamp> lapse = next_wake_up_lapse(world.state(), world.now());
  ASSERT_TRUE(lapse.has_value());
  EXPECT_GE(lapse->ns, woken_at.ns + kWakeUpAnswerNs);
  EXPECT_EQ(next_wake_up_lapse(world.state(), *lapse), std::nullopt) << "it has come";
}

TEST_F(WakeUpTest, MembersOfANamedGroupAreAlikeOnlyIfTheyHaveOneOwner) {
  for (const char* name : {"n1", "n2"}) world.node(name, 200);
  world.workload(WorkloadKind::kStatefulSet, "known", 2);
  const auto named = [](PodSeen& pod) { pod.fields.group = "g"; };
  world.prepare_pod("first", "100M", "known");
  world.edit("first", named);
  ASSERT_TRUE(world.run("first", "n1"));
  world.pod("filler", "150M");
  ASSERT_TRUE(world.run("filler", "n1"));
  world.prepare_pod("stranger", "100M", "StatefulSet/nobody-knows");
  world.edit("stranger", named);
  ASSERT_THAT(world.filter("stranger", {"n1"}).named, IsEmpty()) << "it would charge the network for both";
  world.prepare_pod("second", "100M", "known");
  world.edit("second", [&](PodSeen& pod) {
    named(pod);
    pod.fields.refused = true;
  });
  world.edit_node("n2", [](NodeSeen& node) { node.unschedulable = true; });
  world.begin_epoch();
  EXPECT_THAT(woken(), ElementsAre("second")) << "it meets the first on n1";
}

TEST_F(WakeUpTest, ARefusalForAnUnknownNodeEndsWhenTheNodeBecomesKnown) {
  world.pod("a", "100M");
  ASSERT_THAT(world.filter("a", {"new"}).named, IsEmpty());
  EXPECT_THAT(woken(), IsEmpty());
  const Sequence seen = world.state().applied;
  world.node("new");
  EXPECT_TRUE(possible(seen));
  EXPECT_THAT(woken(), ElementsAre("a"));
}

TEST_F(WakeUpTest, ACordonedNodeWakesNobody) {
  full_node("n1");
  refused("a");
  world.edit_node("n1", [](NodeSeen& node) { node.unschedulable = true; });
  empty("n1");
  EXPECT_THAT(woken(), IsEmpty());
  world.edit_node("n1", [](NodeSeen& node) { node.unschedulable = false; });
  EXPECT_THAT(woken(), ElementsAre("a"));
}

TEST_F(WakeUpTest, AGatedPodIsLeftAlone) {
  full_node("n1");
  refused("a");
  world.edit("a", [](PodSeen& pod) { pod.fields.gated = true; });
  empty("n1");
  EXPECT_THAT(woken(), IsEmpty());
}

TEST_F(WakeUpTest, AnInvalidRequestIsNeverWoken) {
  world.node("n1");
  refused("a", "-5");
  EXPECT_THAT(woken(), IsEmpty());
}

TEST_F(WakeUpTest, ClaimsCountInterfacesToo) {
  world.node("n1");
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.max_interfaces = 0; });
  refused("a", "1M");
  refused("b", "1M");
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.max_interfaces = 1; });
  EXPECT_THAT(woken(), ElementsAre("a"));
}

TEST_F(WakeUpTest, AMemberIsWokenBesideItsPeersOnAFullNetworkLink) {
  full_node("n1", 1'000);
  world.workload(WorkloadKind::kStatefulSet, "peers", 3);
  empty("n1");
  world.pod("p-0", "600M", "peers");
  ASSERT_TRUE(world.run("p-0", "n1"));
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.local_ul = object.local_dl = megabits(700); });
  world.pod("p-1", "600M", "peers");
  ASSERT_THAT(world.filter("p-1").named, IsEmpty());
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.local_ul = object.local_dl = megabits(1'200); });
  EXPECT_THAT(woken(), ElementsAre("p-1"));
}

// ---- when to look ----

TEST_F(WakeUpTest, WhatMakesRoomMakesTheDaemonLook) {
  full_node("n1");
  refused("a");
  Sequence seen = world.state().applied;
  EXPECT_FALSE(possible(seen));
  world.pod("other");
  EXPECT_FALSE(possible(seen)) << "a new pod makes no room";
  empty("n1");
  EXPECT_TRUE(possible(seen)) << "a pod has gone";
  seen = world.state().applied;
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.network_ul = megabits(500); });
  EXPECT_TRUE(possible(seen)) << "capacity has grown";
  seen = world.state().applied;
  world.space(namespace_seen("net"));
  EXPECT_TRUE(possible(seen)) << "the default may be smaller";
  seen = world.state().applied;
  world.space_gone("net");
  EXPECT_TRUE(possible(seen)) << "the default may be smaller";
  seen = world.state().applied;
  world.edit("a", [](PodSeen& pod) { pod.fields.requests = requests("50M"); });
  EXPECT_TRUE(possible(seen)) << "it asks for less";
}

TEST_F(WakeUpTest, TheAnswerOfTheWokenMakesTheDaemonLookForTheOthers) {
  full_node("n1");
  full_node("n2");
  refused("any", "100M", 10);
  empty("n2");
  refused("picky", "100M", 0, {"n1"});
  empty("n1");
  ASSERT_THAT(woken(), ElementsAre("any")) << "it claims n1, where it fits first";
  Sequence seen = world.state().applied;
  ASSERT_THAT(world.filter("any").named.size(), 2U);
  ASSERT_TRUE(world.run("any", "n2"));
  EXPECT_TRUE(possible(seen)) << "n1 is not claimed any more";
  EXPECT_THAT(woken(), ElementsAre("picky"));
}

TEST_F(WakeUpTest, TheRefusalOfTheWokenMakesTheDaemonLookForTheOthers) {
  full_node("n1");
  refused("a");
  refused("b");
  empty("n1");
  ASSERT_THAT(woken(), ElementsAre("a"));
  const Sequence seen = world.state().applied;
  world.filter("a", {"elsewhere"});
  EXPECT_TRUE(possible(seen));
  EXPECT_THAT(woken(), ElementsAre("b"));
}

TEST_F(WakeUpTest, TheEndOfTheWokenMakesTheDaemonLookForTheOthers) {
  full_node("n1");
  refused("a");
  refused("b");
  empty("n1");
  ASSERT_THAT(woken(), ElementsAre("a"));
  const Sequence seen = world.state().applied;
  world.gone("a");
  EXPECT_TRUE(possible(seen));
  EXPECT_THAT(woken(), ElementsAre("b"));
}

// ---- after a start or a take-over ----

TEST_F(WakeUpTest, AfterAStartAPodWithOurConditionCountsAsRefused) {
  world.node("n1");
  world.prepare_pod("a", "100M");
  world.edit("a", [](PodSeen& pod) { pod.fields.refused = true; });
  world.gone("a");
  world.prepare_pod("b", "100M");
  world.edit("b", [](PodSeen& pod) { pod.fields.refused = true; });
  world.begin_epoch();
  EXPECT_TRUE(possible(0)) << "a daemon that has started has looked at nothing yet";
  EXPECT_THAT(woken(), ElementsAre("b"));
}

TEST_F(WakeUpTest, AfterATakeOverToo) {
  world.node("n1");
  world.pod("a", "100M");
  world.filter("a");  // fits, but the pod was never bound
  world.edit("a", [](PodSeen& pod) { pod.fields.refused = true; });
  EXPECT_THAT(woken(), IsEmpty());
  const Sequence seen = world.state().applied;
  world.begin_term(2);
  EXPECT_TRUE(possible(seen));
  EXPECT_THAT(woken(), ElementsAre("a"));
}

TEST_F(WakeUpTest, APodFirstSeenRefusedIsLookedAt) {
  world.node("n1");
  const Sequence seen = world.state().applied;
  world.prepare_pod("a", "100M");
  world.edit("a", [](PodSeen& pod) { pod.fields.refused = true; });
  EXPECT_TRUE(possible(seen));
  EXPECT_THAT(woken(), ElementsAre("a"));
}

TEST_F(WakeUpTest, ACountOfRetriesGoesOnWhereThePodsAnnotationIs) {
  world.node("n1");
  world.prepare_pod("a", "100M");
  world.edit("a", [](PodSeen& pod) {
    pod.fields.refused = true;
    pod.fields.retry = 4;  // by another leader
  });
  ASSERT_THAT(woken(), ElementsAre("a"));
  EXPECT_EQ(world.pod_at("a").retry, 5U);
  ASSERT_EQ(pending_effects(world.state()).size(), 1U);
  EXPECT_EQ(std::get<WakePod>(pending_effects(world.state())[0]).retry, 5U);
  world.edit("a", [](PodSeen& pod) { pod.fields.retry = 5; });
  EXPECT_THAT(pending_effects(world.state()), IsEmpty()) << "the annotation is seen";
}

TEST_F(WakeUpTest, TheLastRefusalCountsAndNotTheFirst) {
  full_node("n1");
  world.node("n2", 1'000);
  refused("a", "100M", 0, {"n1"});
  world.edit_node("n2", [](NodeSeen& node) { node.allocatable_pods = 50; });
  ASSERT_THAT(world.filter("a", {"n1"}).named, IsEmpty());
  EXPECT_THAT(woken(), IsEmpty()) << "n2 has not changed since, and was not offered again";
}

}  // namespace
}  // namespace bw
