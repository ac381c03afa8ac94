// What read objects, lists and bookmarks make known.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "projections/decide.h"
#include "tests/support/world.h"

namespace bw {
namespace {

using testing::IsEmpty;

class ObservedTest : public testing::Test {
 protected:
  std::vector<Fact> seen(Stream stream, const ObjectSeen& object, ObservedBy by = ObservedBy::kWatch) const {
    return decide_observed(world.state(), by, stream, object);
  }
  ResourceVersion pods_at() const { return world.state().stream(Stream::kPods).resource_version; }

  World world;
};

// ---- R4: what is news ----

TEST_F(ObservedTest, AVersionThatIsNotNewerChangesNothing) {
  world.pod("a", "100M");
  const PodSeen old = world.shown("a");
  world.edit("a", [](PodSeen& pod) { pod.fields.requests = requests("200M"); });
  EXPECT_THAT(seen(Stream::kPods, world.shown("a")), IsEmpty()) << "told twice";
  EXPECT_THAT(seen(Stream::kPods, old), IsEmpty()) << "told late";
  EXPECT_THAT(seen(Stream::kPods, old, ObservedBy::kFilterCall), IsEmpty()) << "told by a scheduler that is behind";
}

TEST_F(ObservedTest, AUidThatIsGoneStaysGone) {
  world.pod("a", "100M");
  const PodSeen old = world.shown("a");
  world.gone("a");
  EXPECT_THAT(seen(Stream::kPods, old), IsEmpty());
  EXPECT_THAT(seen(Stream::kPods, old, ObservedBy::kFilterCall), IsEmpty());
  world.bookmark(Stream::kPods, world.version());
  EXPECT_THAT(seen(Stream::kPods, old), IsEmpty()) << "also when its uid is not remembered any more";
}

TEST_F(ObservedTest, ANewPodOfTheSameNameIsAnother) {
  world.node("n1");
  world.pod("a", "100M");
  world.run("a", "n1");
  const PodSeen old = world.shown("a");
  world.prepare_pod("a", "200M");
  world.edit("a", [](PodSeen&) {});
  EXPECT_EQ(world.network("n1").used, both(100)) << "the old one has not been seen to go";
  world.deleted(Stream::kPods, old);
  EXPECT_EQ(world.network("n1").used, Rates{});
  world.run("a", "n1");
  world.deleted(Stream::kPods, old);
  EXPECT_EQ(world.network("n1").used, both(200)) << "the end of the old one, told twice, is not that of the new one";
}

TEST_F(ObservedTest, WhatChangesNothingWeKeepIsAShortRecord) {
  world.pod("a", "100M");
  PodSeen later = world.shown("a");
  ++later.resource_version;
  const std::vector<Fact> facts = seen(Stream::kPods, later);
  ASSERT_EQ(facts.size(), 1U);
  EXPECT_EQ(std::get<ObjectUnchanged>(facts[0]).resource_version, later.resource_version);
}

TEST_F(ObservedTest, AnOwnerAndItsOwnerAreNumberedOnce) {
  world.workload(WorkloadKind::kReplicaSet, "web-1", {}, "Deployment/web");
  EXPECT_EQ(world.state().workloads.size(), 2U);
  world.pod("a", "1M", "web-1");
  world.workload(WorkloadKind::kDeployment, "web", 3);
  EXPECT_EQ(world.state().workloads.size(), 2U);
}

TEST_F(ObservedTest, TheStatusOfAWorkloadIsNoNews) {
  world.workload(WorkloadKind::kDeployment, "web", 3);
  WorkloadSeen later = world.shown_workload("web");
  ++later.resource_version;
  EXPECT_THAT(seen(Stream::kDeployments, later), IsEmpty());
  later.wanted = 4;
  EXPECT_EQ(seen(Stream::kDeployments, later).size(), 1U);
}

TEST_F(ObservedTest, TheEchoOfOurStatusIsNoFact) {
  world.node("n1");
  BandwidthSeen echo = world.shown_bandwidth("n1");
  ++echo.resource_version;
  echo.published_sequence = 5;
  EXPECT_THAT(seen(Stream::kBandwidths, echo), IsEmpty());
  ++echo.generation;
  EXPECT_EQ(seen(Stream::kBandwidths, echo).size(), 1U);
}

// ---- what a scheduler's call shows ----

TEST_F(ObservedTest, ACallDoesNotMoveThePlaceWhereTheWatchGoesOn) {
  world.pod("a", "100M");
  const ResourceVersion watched = pods_at();
  world.edit(
      "a", [](PodSeen& pod) { pod.fields.priority = 7; }, ObservedBy::kFilterCall);
  EXPECT_EQ(pods_at(), watched);
  world.edit(
      "a", [](PodSeen&) {}, ObservedBy::kFilterCall);
  EXPECT_EQ(pods_at(), watched) << "also where the call shows nothing new but a version";
  EXPECT_EQ(world.pod_at("a").resource_version, world.shown("a").resource_version) << "which the Binding is decided on";
  world.edit(
      "a", [](PodSeen&) {}, ObservedBy::kRead);
  EXPECT_EQ(pods_at(), watched);
}

TEST_F(ObservedTest, APodThatOnlyACallHasShownIsGoneOnceTheWatchHasPassedIt) {
  world.prepare_pod("a", "100M");
  world.edit(
      "a", [](PodSeen&) {}, ObservedBy::kFilterCall);
  EXPECT_TRUE(world.state().find_pod("net", "a").has_value());
  world.bookmark(Stream::kPods, world.version() - 1);
  EXPECT_TRUE(world.state().find_pod("net", "a").has_value()) << "the watch is not there yet";
  world.edit(
      "a", [](PodSeen&) {}, ObservedBy::kFilterCall);
  world.bookmark(Stream::kPods, world.version());
  EXPECT_FALSE(world.state().find_pod("net", "a").has_value()) << "it was made and deleted unseen";
}

TEST_F(ObservedTest, APodThatACallHasShownFirstIsKeptOnceTheWatchHasShownIt) {
  world.prepare_pod("a", "100M");
  world.edit(
      "a", [](PodSeen&) {}, ObservedBy::kFilterCall);
  world.observe(ObservedBy::kWatch, Stream::kPods, world.shown("a"));
  world.bookmark(Stream::kPods, world.version());
  EXPECT_TRUE(world.state().find_pod("net", "a").has_value());
}

TEST_F(ObservedTest, AReservedPodThatOnlyACallHasShownIsKept) {
  world.node("n1");
  world.prepare_pod("a", "100M");
  world.edit(
      "a", [](PodSeen&) {}, ObservedBy::kFilterCall);
  world.bind("a", "n1");
  world.bookmark(Stream::kPods, world.version());
  EXPECT_EQ(world.network("n1").used, both(100)) << "its Binding will tell";
}

// ---- lists ----

TEST_F(ObservedTest, WhatAListDoesNotHoldIsGone) {
  world.node("n1");
  for (const char* pod : {"a", "b"}) {
    world.pod(pod, "100M");
    world.run(pod, "n1");
  }
  world.list(Stream::kPods, {world.shown("a")}, world.version() + 1);
  EXPECT_EQ(world.network("n1").used, both(100));
  EXPECT_TRUE(world.state().find_pod("net", "a").has_value());
  EXPECT_FALSE(world.state().find_pod("net", "b").has_value());
}

// Its watch begins behind the list and never tells of a pod that was gone before: what is not taken off here would
// count for ever.
TEST_F(ObservedTest, APodThatAListDoesNotHoldIsGoneWhateverBecomesOfItsBinding) {
  world.node("n1");
  world.pod("a", "100M");
  world.pod("b", "200M");
  world.bind("a", "n1");
  world.bind("b", "n1");
  world.record(ResyncBegan{Stream::kPods, false});
  world.record(BindingConfirmed{world.pod_number("b"), world.node_number("n1")});
  world.record(decide_list_ended(world.state(), Stream::kPods, world.version()));
  EXPECT_EQ(world.network("n1").used, Rates{});
  EXPECT_FALSE(world.state().find_pod("net", "a").has_value()) << "its Binding was under way";
  EXPECT_FALSE(world.state().find_pod("net", "b").has_value()) << "its Binding was answered while the list was made";
}

TEST_F(ObservedTest, AnOlderListProvesNothingAboutAPodWhoseBindingIsUnderWay) {
  world.node("n1");
  const ResourceVersion list = world.version();
  world.record(ResyncBegan{Stream::kPods, false});
  world.prepare_pod("a", "100M");
  world.edit(
      "a", [](PodSeen&) {}, ObservedBy::kFilterCall);
  world.bind("a", "n1");
  world.record(decide_list_ended(world.state(), Stream::kPods, list));
  EXPECT_EQ(world.network("n1").used, both(100));
}

TEST_F(ObservedTest, ACallDuringAListDoesNotStandForTheList) {
  world.pod("a", "100M");
  world.record(ResyncBegan{Stream::kPods, false});
  world.edit(
      "a", [](PodSeen& pod) { pod.fields.priority = 7; }, ObservedBy::kFilterCall);
  world.record(decide_list_ended(world.state(), Stream::kPods, world.version()));
  EXPECT_FALSE(world.state().find_pod("net", "a").has_value()) << "a scheduler that is behind showed it";
}

TEST_F(ObservedTest, APodThatACallSawLaterThanTheListIsKept) {
  world.pod("a", "100M");
  const ResourceVersion list = world.version();
  world.record(ResyncBegan{Stream::kPods, false});
  world.prepare_pod("b", "100M");
  world.edit(
      "b", [](PodSeen&) {}, ObservedBy::kFilterCall);
  world.record(decide_list_ended(world.state(), Stream::kPods, list));
  EXPECT_TRUE(world.state().find_pod("net", "b").has_value()) << "the watch from the list on will tell";
  EXPECT_FALSE(world.state().find_pod("net", "a").has_value());
}

TEST_F(ObservedTest, AListEndsAGapAndSaysWhatItFound) {
  world.pod("a", "100M");
  world.pod("b", "100M");
  world.pod("c", "100M");
  world.record(GapOpened{Stream::kPods, world.now(), 1, "410"});
  PodSeen changed = world.shown("a");
  changed.fields.priority = 3;
  changed.resource_version += 10;
  PodSeen added = pod_seen("d", "100M");
  added.resource_version = changed.resource_version + 1;
  world.list(Stream::kPods, {changed, world.shown("b"), added}, added.resource_version);
  EXPECT_FALSE(world.state().stream(Stream::kPods).gap.has_value());
  for (const Event& event : world.events()) {
    if (const auto* closed = std::get_if<GapClosed>(&event.fact)) {
      EXPECT_EQ(*closed, (GapClosed{Stream::kPods, 1, 1, 1}));
    }
  }
}

TEST_F(ObservedTest, NodesObjectsNamespacesAndWorkloadsMissingFromAListAreGone) {
  world.node("n1");
  world.space(namespace_seen("lab"));
  world.workload(WorkloadKind::kJob, "load", 3);
  world.pod("a", "1M", "load");
  world.list(Stream::kNodes, {}, world.version());
  world.list(Stream::kBandwidths, {}, world.version());
  world.list(Stream::kNamespaces, {}, world.version());
  world.list(Stream::kJobs, {}, world.version());
  const Node& node = world.state().nodes.at(world.node_number("n1"));
  EXPECT_FALSE(node.present);
  EXPECT_FALSE(node.object.has_value());
  EXPECT_TRUE(world.state().namespaces.empty());
  EXPECT_TRUE(world.state().workloads.at(WorkloadNumber{0}).gone);
}

TEST_F(ObservedTest, AnObjectThatCannotBeReadIsThereAllTheSame) {
  world.node("n1", 300);
  world.pod("a", "100M");
  world.run("a", "n1");
  world.list(Stream::kPods, {UnreadableSeen{"net", "a", world.version() + 1, "spec.priority is too large"}},
             world.version() + 1);
  EXPECT_EQ(world.network("n1").used, both(100));
  world.list(Stream::kBandwidths, {UnreadableSeen{"", "n1", world.version() + 1, "spec.capacity is no object"}},
             world.version() + 1);
  EXPECT_EQ(world.network("n1").capacity, both(300)) << "what it said last";
  world.list(Stream::kNodes, {UnreadableSeen{"", "n1", world.version() + 1, "status is no object"}},
             world.version() + 1);
  EXPECT_TRUE(world.state().nodes.at(world.node_number("n1")).present);
}

// ---- nodes and Bandwidth objects: late and repeated events ----

TEST_F(ObservedTest, ALateEventOfANodeThatHasGoneDoesNotBringItBack) {
  world.node("n1");
  const NodeSeen old = world.shown_node("n1");
  world.node_gone("n1");
  EXPECT_THAT(seen(Stream::kNodes, old), IsEmpty());
  world.bare_node("n1");
  EXPECT_TRUE(world.state().nodes.at(world.node_number("n1")).present) << "made again";
  world.deleted(Stream::kNodes, old);
  EXPECT_TRUE(world.state().nodes.at(world.node_number("n1")).present) << "the end of the old one, told late";
}

TEST_F(ObservedTest, ALateEventOfAnObjectThatHasGoneDoesNotBringItBack) {
  world.node("n1", 5'000);
  const BandwidthSeen old = world.shown_bandwidth("n1");
  world.bandwidth_gone("n1");
  EXPECT_THAT(seen(Stream::kBandwidths, old), IsEmpty());
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.network_ul = object.network_dl = megabits(100); });
  EXPECT_THAT(seen(Stream::kBandwidths, old), IsEmpty());
  EXPECT_EQ(world.network("n1").capacity, both(100));
  world.deleted(Stream::kBandwidths, old);
  EXPECT_EQ(world.network("n1").capacity, both(100));
}

TEST_F(ObservedTest, ANodeMadeAgainUnderItsNameIsNews) {
  world.node("n1");
  NodeSeen again = world.shown_node("n1");
  again.uid = "another";
  again.resource_version = world.version() + 1;
  EXPECT_EQ(seen(Stream::kNodes, again).size(), 1U);
}

TEST_F(ObservedTest, TheEndOfANamespaceToldLateIsNotThatOfItsSuccessor) {
  NamespaceSeen lab = namespace_seen("lab");
  lab.default_ul = megabits(5);
  world.space(lab);
  NamespaceSeen old = lab;
  old.resource_version = world.version();
  world.space_gone("lab");
  lab.default_ul = megabits(7);
  world.space(lab);
  world.deleted(Stream::kNamespaces, old);
  ASSERT_TRUE(world.state().namespaces.contains("lab"));
  EXPECT_EQ(world.state().namespaces.at("lab").defaults.ul, megabits(7));
}

// ---- streams ----

TEST_F(ObservedTest, AStreamGoesOnFromTheNewestThatItsWatchShowed) {
  world.pod("a", "100M");
  EXPECT_EQ(pods_at(), world.version());
  world.bookmark(Stream::kPods, 50);
  EXPECT_EQ(pods_at(), 50U);
  EXPECT_EQ(world.state().stream(Stream::kPods).settled, 50U);
}

TEST_F(ObservedTest, AListThatIsUnderWayIsNoPlaceToGoOnFrom) {
  world.record(ResyncBegan{Stream::kPods, false});
  PodSeen pod = pod_seen("a", "1M");
  pod.resource_version = 90;
  world.record(seen(Stream::kPods, pod, ObservedBy::kList));
  EXPECT_EQ(pods_at(), 0U);
  world.record(decide_list_ended(world.state(), Stream::kPods, 100));
  EXPECT_EQ(pods_at(), 100U);
  EXPECT_TRUE(world.state().stream(Stream::kPods).synced);
}

TEST_F(ObservedTest, AListThatAStopBrokeOffProvesNothing) {
  world.pod("a", "100M");
  world.record(ResyncBegan{Stream::kPods, false});
  world.begin_epoch();
  EXPECT_EQ(world.state().stream(Stream::kPods).resync_began, 0U);
  EXPECT_TRUE(world.state().find_pod("net", "a").has_value());
}

}  // namespace
}  // namespace bw
