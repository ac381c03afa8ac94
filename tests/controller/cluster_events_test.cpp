#include "controller/cluster_events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/world.h"

namespace bw {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// The Kubernetes events of a world's history from an event on, each told on the state before it.
class ClusterEventsTest : public testing::Test {
 protected:
  ClusterEventsTest() {
    world.node("n1", 1000);
    world.node("n2", 1000);
  }
  std::vector<ClusterEvent> told() {
    State state;
    std::vector<ClusterEvent> all;
    for (const Event& event : world.events()) {
      const std::optional<ClusterEvent> one = cluster_event(state, event);
      if (one && event.sequence > from) all.push_back(*one);
      apply(state, event);
    }
    from = world.state().applied;
    return all;
  }
  std::vector<std::string> reasons() {
    std::vector<std::string> reasons;
    for (const ClusterEvent& event : told()) reasons.push_back(event.reason + " " + event.kind + "/" + event.name);
    return reasons;
  }

  World world;
  Sequence from = 0;
};

TEST_F(ClusterEventsTest, AReservationAndItsEndAreToldOnThePod) {
  world.pod("a", "100M");
  world.run("a", "n1");
  const std::vector<ClusterEvent> reserved = told();
  ASSERT_EQ(reserved.size(), 1U);
  EXPECT_EQ(reserved[0].reason, "BandwidthReserved");
  EXPECT_EQ(reserved[0].uid, "uid-net-a");
  EXPECT_FALSE(reserved[0].warning);
  EXPECT_THAT(reserved[0].note, HasSubstr("100000000 bit/s, dl 100000000 bit/s on node n1"));
  world.phase("a", PodPhase::kSucceeded);
  EXPECT_THAT(reasons(), testing::ElementsAre("BandwidthReleased Pod/a"));
  world.gone("a");
  EXPECT_THAT(reasons(), IsEmpty()) << "once";
}

TEST_F(ClusterEventsTest, APodThatAsksForNothingIsNotTalkedAbout) {
  world.pod("a");
  world.run("a", "n1");
  world.gone("a");
  EXPECT_THAT(reasons(), IsEmpty());
}

TEST_F(ClusterEventsTest, PeerDefect21AnInvalidRequestIsAWarningOnceAlsoWhereAdmissionIsOff) {
  world.pod("a", "lots");
  const std::vector<ClusterEvent> first = told();
  ASSERT_EQ(first.size(), 1U);
  EXPECT_EQ(first[0].reason, "BandwidthRequestInvalid");
  EXPECT_TRUE(first[0].warning);
  EXPECT_THAT(first[0].note, HasSubstr("lots"));
  world.place("a", "n1");
  EXPECT_THAT(reasons(), IsEmpty());
}

TEST_F(ClusterEventsTest, DriftSaysWhatWasGrantedAndWhatIsAskedFor) {
  world.pod("a", "100M");
  world.run("a", "n1");
  told();
  world.edit("a", [](PodSeen& pod) { pod.fields.requests = requests("200M"); });
  const std::vector<ClusterEvent> drift = told();
  ASSERT_EQ(drift.size(), 1U);
  EXPECT_EQ(drift[0].reason, "BandwidthDrift");
  EXPECT_THAT(drift[0].note, testing::AllOf(HasSubstr("200000000"), HasSubstr("100000000")));
}

TEST_F(ClusterEventsTest, OvercommitmentAndItsEndAreToldOnTheNode) {
  world.pod("a", "2G");
  world.place("a", "n1");
  EXPECT_THAT(reasons(), testing::ElementsAre("BandwidthOvercommitted Node/n1"));
  world.gone("a");
  EXPECT_THAT(reasons(), testing::Contains("BandwidthRecovered Node/n1"));
}

TEST_F(ClusterEventsTest, AChangedCapacityIsToldAndAnotherChangeOfTheObjectIsNot) {
  told();
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.network_ul = megabits(500); });
  EXPECT_THAT(reasons(), testing::ElementsAre("BandwidthCapacityChanged Node/n1"));
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.max_interfaces = 5; });
  EXPECT_THAT(reasons(), IsEmpty());
}

TEST_F(ClusterEventsTest, AStuckGroupIsToldOnItsWorkload) {
  world.workload(WorkloadKind::kStatefulSet, "peers", 3);
  for (const char* pod : {"p-0", "p-1"}) {
    world.pod(pod, "600M", "peers");
    world.run(pod, "n1");
  }
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.local_ul = object.local_dl = megabits(1200); });
  world.pod("p-2", "600M", "peers");
  told();
  world.filter("p-2");
  const std::vector<ClusterEvent> stuck = told();
  ASSERT_EQ(stuck.size(), 1U);
  EXPECT_EQ(stuck[0].reason, "BandwidthGroupStuck");
  EXPECT_EQ(stuck[0].api_version, "apps/v1");
  EXPECT_EQ(stuck[0].kind, "StatefulSet");
  EXPECT_EQ(stuck[0].name, "peers");
  EXPECT_THAT(stuck[0].note, testing::AllOf(HasSubstr("node n1"), HasSubstr("200000000")));
}

TEST_F(ClusterEventsTest, ARefusedBindingReleases) {
  world.pod("a", "100M");
  world.bind("a", "n1");
  told();
  world.refuse("a");
  const std::vector<ClusterEvent> released = told();
  ASSERT_EQ(released.size(), 1U);
  EXPECT_THAT(released[0].note, HasSubstr("the Binding was refused"));
}

}  // namespace
}  // namespace bw
