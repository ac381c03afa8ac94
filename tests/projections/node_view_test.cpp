// What people and programs are shown of a node.
#include "projections/node_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/world.h"

namespace bw {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// ---- R1: no rounding is in a pod's favour ----

TEST(Megabits, UseIsRoundedUpAndRoomDown) {
  EXPECT_EQ(megabits_up(1), 1);
  EXPECT_EQ(megabits_up(1'000'000), 1);
  EXPECT_EQ(megabits_up(1'000'001), 2);
  EXPECT_EQ(megabits_up(0), 0);
  EXPECT_EQ(megabits_down(1'999'999), 1);
  EXPECT_EQ(megabits_down(2'000'000), 2);
}

TEST(LinkView, AvailableIsNeverBelowZero) {
  Link link{both(100), both(30), {}};
  link.used += both(50);
  EXPECT_EQ(view_link(link), (LinkView{both(100), both(30), both(50), both(20), false}));
  link.used += both(40);
  EXPECT_EQ(view_link(link).available, Rates{});
  EXPECT_FALSE(view_link(link).overcommitted);
  link.used += both(20);
  EXPECT_TRUE(view_link(link).overcommitted);
}

TEST(LinkView, UseBeyondWhatANumberHoldsIsCut) {
  Link link;
  for (int i = 0; i < 10'000; ++i) link.used += Rates{1'000'000'000'000'000, 0};
  EXPECT_EQ(view_link(link).used.ul, std::numeric_limits<BitsPerSecond>::max());
}

class NodeViewTest : public testing::Test {
 protected:
  NodeView view(std::string_view node) const { return view_node(world.state(), world.node_number(node)); }
  World world;
};

TEST_F(NodeViewTest, ListsEachReservationWithTheLinksItIsChargedOn) {
  world.node("n1");
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  world.pod("p-0", "100M/50M", "peers");
  world.run("p-0", "n1");
  world.pod("alone", "10M");
  world.bind("alone", "n1");
  world.pod("quiet");
  world.run("quiet", "n1");
  world.pod("lab/x", "5M");
  world.place("lab/x", "n1");
  world.terminate("lab/x");
  const NodeView shown = view("n1");
  EXPECT_EQ(shown.pods, 4U) << "those that ask for nothing count as pods";
  ASSERT_EQ(shown.reservations.size(), 3U);
  const ReservationView& x = shown.reservations[0];
  EXPECT_EQ(x.space, "lab");
  EXPECT_EQ(x.phase, ReservationPhase::kTerminating);
  EXPECT_EQ(x.by, PlacedBy::kForeign);
  const ReservationView& alone = shown.reservations[1];
  EXPECT_EQ(alone.pod_name, "alone");
  EXPECT_EQ(alone.phase, ReservationPhase::kReserved);
  EXPECT_THAT(alone.links, ElementsAre("local", "network"));
  EXPECT_EQ(alone.group_kind, "");
  const ReservationView& peer = shown.reservations[2];
  EXPECT_EQ(peer.group_kind, "StatefulSet");
  EXPECT_EQ(peer.group_name, "peers");
  EXPECT_THAT(peer.links, ElementsAre("local"));
  EXPECT_EQ(peer.charged, (Rates{megabits(100), megabits(50)}));
  EXPECT_EQ(peer.phase, ReservationPhase::kBound);
}

TEST_F(NodeViewTest, APodOnTheHostNetworkIsCountedAndFlagged) {
  world.node("n1");
  world.prepare_pod("a", "100M");
  world.edit("a", [](PodSeen& pod) {
    pod.fields.host_network = true;
    pod.fields.interfaces = 0;
  });
  world.run("a", "n1");
  EXPECT_TRUE(view("n1").reservations.at(0).unshaped);
  EXPECT_EQ(view("n1").interfaces_used, 0U);
  EXPECT_EQ(view("n1").network.used, both(100));
}

TEST_F(NodeViewTest, TellsSinceWhenANodeIsAsItIs) {
  world.node("n1");
  const Timestamp ready = view("n1").readiness_since;
  world.pod("a", "1500M");
  world.place("a", "n1");
  EXPECT_EQ(view("n1").readiness_since, ready);
  EXPECT_GT(view("n1").overcommitted_since, ready);
  world.node_gone("n1");
  EXPECT_GT(view("n1").readiness_since, view("n1").overcommitted_since);
}

TEST_F(NodeViewTest, HoldsNodesThatExistOrAreRemembered) {
  world.node("b");
  world.node("a");
  world.edit_bandwidth("early", [](BandwidthSeen&) {});
  world.pod("p", "1M");
  world.place("p", "ghost");
  world.pod("q", "1M");
  world.place("q", "left");
  world.gone("q");
  std::vector<std::string> names;
  for (const NodeView& node : view_nodes(world.state())) names.push_back(node.name);
  EXPECT_THAT(names, ElementsAre("a", "b", "early", "ghost"));
}

TEST(UplinkView, ShowsUplinksByTheLabelsAboveThem) {
  Policy policy;
  policy.levels = {{"rack", both(2'000), {{"r2", both(500)}}}, {"zone", both(8'000), {}}};
  World world(policy);
  const auto node = [&](const char* name, std::vector<std::string> values) {
    world.node(name);
    world.edit_node(name, [&](NodeSeen& seen) { seen.level_values = std::move(values); });
  };
  node("n1", {"r1", "z1"});
  node("n2", {"r2", "z1"});
  node("n3", {"", "z2"});
  node("n4", {"r1", ""});
  node("n5", {});
  world.pod("a", "100M");
  world.run("a", "n1");
  std::vector<std::string> lines;
  for (const UplinkView& uplink : view_uplinks(world.state())) {
    lines.push_back(uplink.label + " " + uplink.name + " " + std::to_string(megabits_down(uplink.link.capacity.ul)) +
                    " " + std::to_string(megabits_up(uplink.link.used.ul)));
  }
  EXPECT_THAT(lines, ElementsAre("rack /r1 2000 0", "zone z1 8000 100", "rack z1/r1 2000 100", "rack z1/r2 500 0",
                                 "zone z2 8000 0"));
  EXPECT_THAT(view_node(world.state(), world.node_number("n1")).reservations.at(0).links,
              ElementsAre("local", "network", "z1/r1", "z1"));
}

}  // namespace
}  // namespace bw
