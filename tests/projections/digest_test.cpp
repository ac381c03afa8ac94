// The digest tells states apart and is kept up to date step by step. Random histories do the rest.
#include "projections/digest.h"

#include <functional>

#include <gtest/gtest.h>

#include "tests/support/world.h"

namespace bw {
namespace {

TEST(Digest, FoldingTheSameEventsGivesTheSameDigest) {
  World world;
  world.node("n1");
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  for (const char* pod : {"p-0", "p-1"}) {
    world.pod(pod, "100M", "peers");
    world.filter(pod);
    world.run(pod, "n1");
  }
  EXPECT_EQ(fold(world.events()).digest, world.state().digest);
  EXPECT_EQ(digest_from_scratch(world.state()), world.state().digest);
}

// Each edit of one thing is another state.
TEST(Digest, NoticesEveryChange) {
  const std::vector<std::pair<const char*, std::function<void(World&)>>> changes{
      {"label", [](World& world) { world.edit_node("n1", [](NodeSeen& node) { node.level_values = {"r1"}; }); }},
      {"cordon", [](World& world) { world.edit_node("n1", [](NodeSeen& node) { node.unschedulable = true; }); }},
      {"pods", [](World& world) { world.edit_node("n1", [](NodeSeen& node) { node.allocatable_pods = 7; }); }},
      {"gone", [](World& world) { world.node_gone("n1"); }},
      {"ul", [](World& world) { world.edit_bandwidth("n1", [](BandwidthSeen& o) { o.network_ul = megabits(7); }); }},
      {"dl", [](World& world) { world.edit_bandwidth("n1", [](BandwidthSeen& o) { o.network_dl = megabits(7); }); }},
      {"local", [](World& world) { world.edit_bandwidth("n1", [](BandwidthSeen& o) { o.local_ul = megabits(7); }); }},
      {"max", [](World& world) { world.edit_bandwidth("n1", [](BandwidthSeen& o) { o.max_interfaces = 7; }); }},
      {"kept",
       [](World& world) {
         world.edit_bandwidth("n1", [](BandwidthSeen& o) { o.kept_back = {{"x", {}, both(1), {}}}; });
       }},
      {"request", [](World& world) { world.edit("a", [](PodSeen& pod) { pod.fields.requests = requests("7M"); }); }},
      {"group", [](World& world) { world.edit("a", [](PodSeen& pod) { pod.fields.group = "g"; }); }},
      {"charge",
       [](World& world) { world.edit("a", [](PodSeen& pod) { pod.fields.network_charge = NetworkCharge::kAlways; }); }},
      {"priority", [](World& world) { world.edit("a", [](PodSeen& pod) { pod.fields.priority = 7; }); }},
      {"interfaces", [](World& world) { world.edit("a", [](PodSeen& pod) { pod.fields.interfaces = 7; }); }},
      {"owner",
       [](World& world) { world.edit("a", [](PodSeen& pod) { pod.controller = owner_of_kind("Job", "load"); }); }},
      {"reserve", [](World& world) { world.bind("a", "n1"); }},
      {"terminate", [](World& world) { world.terminate("b"); }},
      {"wants", [](World& world) { world.workload(WorkloadKind::kStatefulSet, "peers", 3); }},
      {"filter", [](World& world) { world.filter("a"); }},
      {"no room", [](World& world) { world.filter("a", {"nowhere"}); }},
  };
  std::map<std::uint64_t, const char*> seen;
  for (const auto& [name, change] : changes) {
    World world;
    world.node("n1");
    world.workload(WorkloadKind::kStatefulSet, "peers", 2);
    world.pod("a", "5M");
    world.pod("b", "5M", "peers");
    world.run("b", "n1");
    ASSERT_EQ(seen.try_emplace(world.state().digest, "as it was").first->second, std::string("as it was")) << name;
    change(world);
    EXPECT_TRUE(seen.try_emplace(world.state().digest, name).second)
        << name << " looks like " << seen.at(world.state().digest);
    EXPECT_EQ(digest_from_scratch(world.state()), world.state().digest) << name;
  }
}

TEST(Digest, HoldsWhatTheLinksOfANodeCarry) {
  World world;
  world.node("n1");
  world.pod("a", "5M");
  world.run("a", "n1");
  State tampered = world.state();
  tampered.ledger.change_rates(charge_of(tampered, tampered.pods.at(world.pod_number("a"))), both(4), 1);
  EXPECT_NE(digest_from_scratch(tampered), digest_from_scratch(world.state()));
}

}  // namespace
}  // namespace bw
