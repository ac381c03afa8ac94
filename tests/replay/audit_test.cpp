#include "replay/audit.h"

#include <gtest/gtest.h>

#include "audited.h"

namespace bw::replay {
namespace {

using Names = std::set<std::string>;

// ---- pass ----

TEST(Audit, PassesWhatIsNeverOver) {
  World world = listed_world();
  world.node("n1", 1000);
  world.pod("a", "600M/100M");
  world.run("a", "n1");
  world.pod("b", "300M");
  world.run("b", "n1");
  world.gone("a");
  const AuditReport report = audited(world);
  EXPECT_EQ(report.verdict, Verdict::kPass);
  EXPECT_EQ(report.links.size(), 2U);
  EXPECT_TRUE(report.breaches.empty());
  EXPECT_EQ(report.events, now(world) - 1);
  const LinkReport& network = link_of(report, "n1", "network");
  EXPECT_EQ(network.verdict, Verdict::kPass);
  EXPECT_EQ(network.least_room, (Sum{megabits(100), megabits(600)}));
  EXPECT_TRUE(network.assumptions.empty());
}

TEST(Audit, CountsWhatIsKeptBackAsNoRoom) {
  World world = listed_world();
  world.node("n1", 1000);
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.kept_back = {{"host", {}, both(300), {}}}; });
  world.pod("a", "900M");
  world.place("a", "n1");
  const AuditReport report = audited(world);
  EXPECT_EQ(report.verdict, Verdict::kPass);  // what is kept back is nobody's use
  EXPECT_EQ(link_of(report, "n1", "network").least_room, (Sum{megabits(-200), megabits(-200)}));
}

// ---- fail ----

TEST(Audit, FailsWhereOthersOverfillALink) {
  World world = listed_world();
  world.node("n1", 1000);
  world.pod("a", "600M");
  world.run("a", "n1");
  world.pod("b", "500M/100M");
  world.place("b", "n1");
  const Sequence began = now(world) - 1;  // LinkOvercommitted follows it
  world.pod("c", "100M/0");
  world.edit("c", [](PodSeen& pod) { pod.fields.requests = requests("200M/"); });
  world.place("c", "n1");
  const Sequence deepest = now(world);
  world.pass_seconds(10);
  world.gone("a");
  const AuditReport report = audited(world);
  EXPECT_EQ(report.verdict, Verdict::kFail);
  EXPECT_EQ(link_of(report, "n1", "network").verdict, Verdict::kFail);
  EXPECT_EQ(link_of(report, "n1", "local").verdict, Verdict::kPass);
  const Breach breach = only_breach(report);
  EXPECT_EQ(breach.link, (AuditedLink{"n1", "network"}));
  EXPECT_EQ(breach.direction, Direction::kUl);
  EXPECT_EQ(breach.began, point_at(world, began));
  EXPECT_EQ(breach.depth, megabits(300));
  EXPECT_EQ(breach.deepest, deepest);
  const Sequence gone = now(world) - 1;  // LinkRecovered follows it
  EXPECT_EQ(breach.ended, point_at(world, gone));
  EXPECT_EQ(breach.duration_ns, point_at(world, gone).time.ns - point_at(world, began).time.ns);
  EXPECT_EQ(breach.cause_kind, "PodObserved");
  EXPECT_EQ(breach.cause_subject, "net/b");
  EXPECT_FALSE(breach.by_decision);
  EXPECT_EQ(breach.pods, (std::vector<std::string>{"net/a", "net/b"}));
  EXPECT_TRUE(breach.proved);
}

TEST(Audit, FailsWhereCapacityFallsBelowUse) {
  World world = listed_world();
  world.node("n1", 1000);
  world.pod("a", "600M");
  world.run("a", "n1");
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.network_dl = megabits(500); });
  const Breach breach = only_breach(audited(world));
  EXPECT_EQ(breach.direction, Direction::kDl);
  EXPECT_EQ(breach.depth, megabits(100));
  EXPECT_EQ(breach.cause_kind, "BandwidthObserved");
  EXPECT_EQ(breach.cause_subject, "n1");
  EXPECT_FALSE(breach.by_decision);
  EXPECT_FALSE(breach.ended);
}

TEST(Audit, SaysWhetherADecisionDidIt) {
  World world = listed_world();
  world.node("n1", 1000);
  for (const char* name : {"a", "b"}) world.pod(name, "600M");
  world.bind("a", "n1");
  // No rule lets it: a planted bug.
  world.record(BandwidthReserved{world.pod_number("b"), world.node_number("n1"), both(600), false, false, {}, true});
  const AuditReport report = audited(world);
  ASSERT_EQ(report.breaches.size(), 2U);
  EXPECT_TRUE(report.breaches[0].by_decision);
  EXPECT_EQ(report.breaches[0].cause_kind, "BandwidthReserved");
  EXPECT_EQ(report.breaches[0].cause_subject, "net/b");
}

TEST(Audit, KnowsADecisionOfAnotherTermByWhatThePodBears) {
  World world = listed_world();
  world.node("n1", 1000);
  world.pod("a", "1200M");
  world.edit("a", [](PodSeen& pod) {
    pod.node_name = "n1";
    pod.fields.granted = both(1200);
  });
  EXPECT_TRUE(audited(world).breaches.at(0).by_decision);
}

TEST(Audit, SaysThatADecisionDeepenedWhatOthersBegan) {
  World world = listed_world();
  world.node("n1", 1000);
  world.pod("a", "1200M/");
  world.place("a", "n1");
  world.pod("b", "50M/");
  world.record(
      BandwidthReserved{world.pod_number("b"), world.node_number("n1"), {megabits(50), 0}, false, true, {}, true});
  const Breach breach = only_breach(audited(world));
  EXPECT_EQ(breach.cause_subject, "net/a");
  EXPECT_TRUE(breach.by_decision);
  EXPECT_EQ(breach.depth, megabits(250));
}

TEST(Audit, FailsOnUplinksToo) {
  Policy policy;
  policy.levels.push_back({"rack", both(1500), {}});
  World world = listed_world(policy);
  for (const char* name : {"n1", "n2"}) {
    world.node(name, 1000);
    world.edit_node(name, [](NodeSeen& node) { node.level_values = {"r1"}; });
    world.pod(std::string("p-") + name, "800M/");
    world.place(std::string("p-") + name, name);
  }
  const AuditReport report = audited(world);
  const Breach breach = only_breach(report);
  EXPECT_EQ(breach.link, (AuditedLink{"", "r1"}));
  EXPECT_EQ(breach.pods, (std::vector<std::string>{"net/p-n1", "net/p-n2"}));
  EXPECT_EQ(link_of(report, "", "r1").verdict, Verdict::kFail);
  EXPECT_EQ(link_of(report, "n1", "network").verdict, Verdict::kPass);
}

TEST(Audit, NamesAHundredPodsAndCountsTheOthers) {
  World world = listed_world();
  world.node("n1", 1000);
  for (int i = 0; i < 130; ++i) {
    world.pod("p" + std::to_string(i), "5M/");
    world.place("p" + std::to_string(i), "n1");
  }
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.network_ul = megabits(100); });
  const Breach breach = only_breach(audited(world));
  EXPECT_EQ(breach.pods.size(), 100U);
  EXPECT_EQ(breach.pods_omitted, 30U);
}

TEST(Audit, NamesThePodWhoseEndBroughtItAbout) {
  World world = listed_world();
  world.node("n1", 1000);
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  for (const char* name : {"p-0", "p-1"}) {
    world.pod(name, "900M", "peers");
    world.run(name, "n1");
  }
  ASSERT_TRUE(audited(world).breaches.empty());
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.network_ul = object.network_dl = megabits(500); });
  world.workload(WorkloadKind::kStatefulSet, "peers", 1);
  world.gone("p-1");  // the other one is alone now, and charged on all links
  const AuditReport report = audited(world);
  ASSERT_EQ(report.breaches.size(), 2U);
  EXPECT_EQ(report.breaches[0].cause_kind, "PodGone");
  EXPECT_EQ(report.breaches[0].cause_subject, "net/p-1");
}

// ---- the stretch ----

struct Overfilled {
  World world = listed_world();
  Sequence began = 0, ended = 0;
  Overfilled() {
    world.node("n1", 1000);
    world.pod("a", "1200M/");
    world.place("a", "n1");
    began = now(world) - 1;
    world.pass_seconds(60);
    world.pod("x", "1M");
    world.pass_seconds(60);
    world.gone("a");
    ended = now(world) - 1;
    world.pod("y", "1M");
    bookmark_all(world);
  }
};

TEST(Audit, LooksOnlyAtItsStretch) {
  const Overfilled story;
  const World& world = story.world;
  const auto verdict = [&](Sequence from, Sequence to) {
    return audited(world, point_at(world, from), point_at(world, to)).verdict;
  };
  EXPECT_EQ(verdict(1, story.began - 1), Verdict::kPass);
  EXPECT_EQ(verdict(1, story.began), Verdict::kFail);
  EXPECT_EQ(verdict(story.ended - 1, now(world)), Verdict::kFail);
  EXPECT_EQ(verdict(story.ended, now(world)), Verdict::kPass);
  EXPECT_EQ(verdict(story.began + 1, story.began + 1), Verdict::kFail);  // an instant
}

TEST(Audit, ReportsABreachThatBeganBefore) {
  const Overfilled story;
  const World& world = story.world;
  const Point from{story.began + 2, {point_at(world, story.began).time.ns + 61 * kNanosecondsPerSecond}};
  const Breach breach = only_breach(audited(world, from, point_at(world, now(world))));
  EXPECT_EQ(breach.began.sequence, story.began);
  EXPECT_EQ(breach.cause_subject, "net/a");
  EXPECT_EQ(breach.depth, megabits(200));
  EXPECT_EQ(breach.duration_ns, point_at(world, story.ended).time.ns - from.time.ns);
  EXPECT_EQ(breach.pods, (std::vector<std::string>{"net/a"}));
}

TEST(Audit, MeasuresTheLeastRoomOfItsStretch) {
  const Overfilled story;
  const World& world = story.world;
  const auto least = [&](Sequence from, Sequence to) {
    const AuditReport report = audited(world, point_at(world, from), point_at(world, to));
    return static_cast<std::int64_t>(link_of(report, "n1", "network").least_room.ul);
  };
  EXPECT_EQ(least(1, story.began - 1), megabits(1000));
  EXPECT_EQ(least(story.began, story.began), megabits(-200));
  EXPECT_EQ(least(story.ended, now(world)), megabits(1000));
}

TEST(Audit, ReportsLinksThatWereThereAtAnyTime) {
  World world = listed_world();
  world.node("early", 1000);
  world.node_gone("early");
  world.bandwidth_gone("early");
  const Sequence gone = now(world);
  world.node("late", 1000);
  const AuditReport all = audited(world);
  EXPECT_EQ(all.links.size(), 4U);
  const AuditReport late = audited(world, point_at(world, gone), point_at(world, now(world)));
  EXPECT_EQ(late.links.size(), 2U);
  EXPECT_EQ(late.links[0].link.node, "late");
}

// ---- assumptions ----

TEST(Audit, NamesGroupsThatItDiscounts) {
  World world = listed_world();
  world.node("n1", 1000);
  world.node("n2", 1000);
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  for (const char* name : {"p-0", "p-1"}) {
    world.pod(name, "900M", "peers");
    world.run(name, "n1");
  }
  world.pod("q", "300M");
  world.edit("q", [](PodSeen& pod) { pod.fields.group = "g"; });
  world.run("q", "n2");
  const AuditReport report = audited(world);
  EXPECT_EQ(report.verdict, Verdict::kPass);
  EXPECT_EQ(link_of(report, "n1", "network").assumptions.discounted_groups.names(), Names{"StatefulSet net/peers"});
  EXPECT_TRUE(link_of(report, "n1", "local").assumptions.empty());
  EXPECT_TRUE(link_of(report, "n2", "network").assumptions.empty());  // one that is alone is charged everywhere
  EXPECT_EQ(link_of(report, "n1", "network").least_room.ul, megabits(1000));
}

TEST(Audit, ChargesEveryGroupOnAllLinksWhenStrict) {
  World world = listed_world();
  world.node("n1", 1000);
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  for (const char* name : {"p-0", "p-1"}) {
    world.pod(name, "900M", "peers");
    world.run(name, "n1");
  }
  EXPECT_EQ(audited(world).verdict, Verdict::kPass);
  const AuditReport report = audited(world, true);
  EXPECT_EQ(report.verdict, Verdict::kFail);
  EXPECT_EQ(report.breaches.size(), 2U);
  EXPECT_TRUE(link_of(report, "n1", "network").assumptions.discounted_groups.empty());
  EXPECT_EQ(link_of(report, "n1", "network").least_room.ul, megabits(-800));
}

TEST(Audit, NamesADiscountThatOnlyBeganLater) {
  World world = listed_world();
  world.node("n1", 1000);
  world.workload(WorkloadKind::kStatefulSet, "peers", {});  // how many it wants is not known: charged on all links
  for (const char* name : {"p-0", "p-1"}) {
    world.pod(name, "400M", "peers");
    world.run(name, "n1");
  }
  EXPECT_TRUE(link_of(audited(world), "n1", "network").assumptions.empty());
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  EXPECT_EQ(link_of(audited(world), "n1", "network").assumptions.discounted_groups.names(),
            Names{"StatefulSet net/peers"});
}

TEST(Audit, NamesPodsThatNothingHoldsToTheirRequest) {
  Policy policy;
  policy.levels.push_back({"rack", both(5000), {}});
  World world = listed_world(policy);
  world.node("n1", 1000);
  world.edit_node("n1", [](NodeSeen& node) { node.level_values = {"r1"}; });
  world.pod("host", "100M");
  world.edit("host", [](PodSeen& pod) { pod.fields.host_network = true; });
  world.run("host", "n1");
  world.pod("silent");
  world.place("silent", "n1");
  const AuditReport report = audited(world);
  EXPECT_EQ(report.verdict, Verdict::kPass);
  for (const auto& [node, name] : {std::pair("n1", "local"), std::pair("n1", "network"), std::pair("", "r1")}) {
    const Assumptions& assumptions = link_of(report, node, name).assumptions;
    EXPECT_EQ(assumptions.unshaped_pods.names(), Names{"net/host"}) << name;
    EXPECT_EQ(assumptions.pods_without_request.names(), Names{"net/silent"}) << name;
  }
}

TEST(Audit, NamesAssumptionsThatHeldWhenTheStretchBegan) {
  World world = listed_world();
  world.node("n1", 1000);
  world.pod("silent");
  world.place("silent", "n1");
  world.workload(WorkloadKind::kStatefulSet, "peers", 2);
  world.pod("p-0", "400M", "peers");
  world.run("p-0", "n1");
  const Sequence from = now(world);
  world.gone("silent");
  world.gone("p-0");
  const AuditReport report = audited(world, point_at(world, from), point_at(world, now(world)));
  const Assumptions& assumptions = link_of(report, "n1", "network").assumptions;
  EXPECT_EQ(assumptions.pods_without_request.names(), Names{"net/silent"});
  EXPECT_EQ(assumptions.discounted_groups.names(), Names{"StatefulSet net/peers"});
  EXPECT_TRUE(link_of(audited(world, point_at(world, now(world)), point_at(world, now(world))), "n1", "network")
                  .assumptions.empty());
}

TEST(SomeNames, KeepAHundredAndSayThatThereAreMore) {
  SomeNames names;
  for (int i = 0; i < 100; ++i) names.add(std::to_string(i));
  names.add("7");
  EXPECT_FALSE(names.more());
  names.add("100");
  EXPECT_TRUE(names.more());
  EXPECT_EQ(names.names().size(), 100U);
}

}  // namespace
}  // namespace bw::replay
