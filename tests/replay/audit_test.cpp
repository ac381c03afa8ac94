#include "replay/audit.h"

#include <gtest/gtest.h>

#include <map>
#include <tuple>

#include "audited.h"
#include "replay/fact_json.h"
#include "tests/support/random_history.h"

namespace bw::replay {
namespace {

Sequence now(const World& world) { return world.state().applied; }

const LinkReport& link_of(const AuditReport& report, const std::string& node, const std::string& name) {
  static const LinkReport none;
  for (const LinkReport& link : report.links) {
    if (link.link == AuditedLink{node, name}) return link;
  }
  ADD_FAILURE() << "no link " << name << " of " << node;
  return none;
}

Breach only_breach(const AuditReport& report) {
  EXPECT_EQ(report.breaches.size(), 1U);
  return report.breaches.empty() ? Breach{} : report.breaches.front();
}

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

// ---- unknown ----

struct Blind {
  World world = listed_world();
  Sequence followed = 0, opened = 0, closed = 0;

  // `meanwhile` happens while the recorder is blind on `stream`; `found` by the list.
  explicit Blind(
      Stream stream, const std::function<void(World&)>& meanwhile = [](World&) {}) {
    world.node("n1", 1000);
    world.pod("a", "900M");
    world.run("a", "n1");
    bookmark_all(world);
    followed = now(world);
    const Timestamp since = world.now();
    world.pass_seconds(60);
    meanwhile(world);
    world.record(GapOpened{stream, since, followed, "410"});
    opened = now(world);
    std::vector<ObjectSeen> objects;
    if (stream == Stream::kPods) objects = {world.shown("a")};
    if (stream == Stream::kNodes) objects = {world.shown_node("n1")};
    if (stream == Stream::kBandwidths) objects = {world.shown_bandwidth("n1")};
    world.list(stream, objects, world.version() + 1);
    closed = now(world) - 1;  // ResyncEnded follows
    bookmark_all(world);
  }

  AuditReport audit(Sequence from, Sequence to, bool strict = false) const {
    return audited(world, point_at(world, from), point_at(world, to), strict);
  }
};

TEST(Audit, DoesNotPassOverAGap) {
  const Blind story(Stream::kPods);
  const AuditReport report = story.audit(1, now(story.world));
  EXPECT_EQ(report.verdict, Verdict::kUnknown);
  ASSERT_EQ(report.gaps.size(), 1U);
  EXPECT_EQ(report.gaps[0].since.sequence, story.followed);
  EXPECT_EQ(report.gaps[0].until->sequence, story.closed);
  for (const LinkReport& link : report.links) EXPECT_EQ(link.verdict, Verdict::kUnknown);
}

TEST(Audit, PassesBesideAGap) {
  const Blind story(Stream::kPods);
  EXPECT_EQ(story.audit(1, story.followed).verdict, Verdict::kPass);
  EXPECT_EQ(story.audit(story.closed, now(story.world)).verdict, Verdict::kPass);
  EXPECT_EQ(story.audit(1, story.followed + 1).verdict, Verdict::kUnknown);
  EXPECT_EQ(story.audit(story.closed - 1, now(story.world)).verdict, Verdict::kUnknown);
}

// The fact that tells of the gap comes long after the gap began, and after the end of the stretch.
TEST(Audit, SeesAGapThatReachesBackIntoItsStretch) {
  const Blind story(Stream::kPods, [](World& world) {
    world.pod("x", "1M");  // a filter call or another stream; the pods' watch was deaf
    world.pass_seconds(60);
  });
  ASSERT_GT(story.opened, story.followed + 1);
  const Sequence to = story.followed + 1;
  EXPECT_EQ(story.audit(1, to).verdict, Verdict::kUnknown);
  // By time: the last event that is not later is the one up to which all is known.
  const Timestamp later{point_at(story.world, story.followed).time.ns + 1};
  const AuditReport by_time = audited(story.world, point_at(story.world, 1), {story.followed, later});
  EXPECT_EQ(by_time.verdict, Verdict::kUnknown);
}

TEST(Audit, ReadsNoFurtherThanItMust) {
  World world = listed_world();
  world.node("n1", 1000);
  const Sequence to = now(world);
  bookmark_all(world);
  const Sequence settled = now(world);
  for (int i = 0; i < 100; ++i) bookmark_all(world);
  std::size_t read = 0;
  EXPECT_EQ(audited(world, point_at(world, 1), point_at(world, to), false, &read).verdict, Verdict::kPass);
  EXPECT_EQ(read, settled);
}

TEST(Audit, DoesNotKnowWhatIsBehindTheEnd) {
  World world = listed_world();
  world.node("n1", 1000);
  Point to = point_at(world, now(world));
  to.time.ns += 1;
  const AuditReport report = audited(world, point_at(world, 1), to);
  EXPECT_EQ(report.verdict, Verdict::kUnknown);
  ASSERT_EQ(report.gaps.size(), 1U);
  EXPECT_EQ(report.gaps[0].reason, "the journal ends there");
  bookmark_all(world);  // something later is there: nothing happened up to then
  EXPECT_EQ(audited(world, point_at(world, 1), to).verdict, Verdict::kPass);
}

TEST(Audit, IsBlindOnGroupsOnlyWhereTheyCount) {
  const Blind story(Stream::kStatefulSets);
  const AuditReport report = story.audit(1, now(story.world));
  EXPECT_EQ(report.verdict, Verdict::kUnknown);
  EXPECT_EQ(link_of(report, "n1", "network").verdict, Verdict::kUnknown);
  EXPECT_EQ(link_of(report, "n1", "local").verdict, Verdict::kPass);
  EXPECT_EQ(story.audit(1, now(story.world), true).verdict, Verdict::kPass);
  EXPECT_TRUE(story.audit(1, now(story.world), true).gaps.empty());
}

TEST(Audit, IsBlindWithoutNodesObjectsAndNamespaces) {
  for (const Stream stream : {Stream::kNodes, Stream::kBandwidths, Stream::kNamespaces}) {
    const Blind story(stream);
    EXPECT_EQ(story.audit(1, now(story.world), true).verdict, Verdict::kUnknown) << stream_name(stream);
  }
}

// What was seen only while pods were being listed may be pods that had gone, beside those that came.
TEST(Audit, DoesNotTakeABreachInsideAGapAsProved) {
  World world = listed_world();
  world.node("n1", 1000);
  world.pod("a", "900M");
  world.run("a", "n1");
  world.pod("b", "900M");
  world.record(GapOpened{Stream::kPods, world.now(), now(world), "410"});
  PodSeen b = world.shown("b");
  b.node_name = "n1";
  b.resource_version = world.version() + 1;
  world.list(Stream::kPods, {b}, world.version() + 2);  // and a is gone
  bookmark_all(world);
  const AuditReport report = audited(world);
  EXPECT_EQ(report.verdict, Verdict::kUnknown);
  ASSERT_EQ(report.breaches.size(), 2U);
  EXPECT_FALSE(report.breaches[0].proved);
}

TEST(Audit, ProvesABreachThatLastsBeyondAGap) {
  for (const bool found_over : {false, true}) {
    World world = listed_world();
    world.node("n1", 1000);
    world.pod("a", "900M/");
    world.run("a", "n1");
    world.pod("b", "900M/");
    if (!found_over) world.place("b", "n1");  // over before the gap
    world.record(GapOpened{Stream::kPods, world.now(), now(world), "410"});
    PodSeen b = world.shown("b");
    b.node_name = "n1";
    b.resource_version = world.version() + 1;
    std::vector<ObjectSeen> objects{b};
    if (found_over) objects.emplace_back(world.shown("a"));
    world.list(Stream::kPods, objects, world.version() + 2);
    bookmark_all(world);
    const AuditReport report = audited(world);
    EXPECT_EQ(report.verdict, Verdict::kFail);  // a proved breach stands, whatever else is not known
    EXPECT_TRUE(only_breach(report).proved);
    EXPECT_EQ(report.gaps.size(), 1U);
  }
}

// Two gaps that overlap hide what lies inside the two of them; two with a known moment between them do not.
TEST(Audit, TakesOverlappingGapsAsOne) {
  World world = listed_world();
  world.node("n1", 1000);
  world.node("n2", 1000);
  bookmark_all(world);
  world.record(GapOpened{Stream::kPods, world.now(), now(world), "410"});
  world.pod("a", "1200M/");
  world.place("a", "n1");
  world.record(GapOpened{Stream::kNodes, world.now(), now(world) - 2, "410"});
  world.list(Stream::kPods, {world.shown("a")}, world.version() + 1);
  world.gone("a");
  world.list(Stream::kNodes, {world.shown_node("n1"), world.shown_node("n2")}, world.version() + 1);
  bookmark_all(world);
  EXPECT_FALSE(only_breach(audited(world)).proved);
  EXPECT_EQ(audited(world).verdict, Verdict::kUnknown);
}

// Up to and including the event that a gap begins behind, and from the one that ends it on, all is known.
TEST(Audit, ProvesABreachThatTouchesTheEdgeOfAGap) {
  World world = listed_world();
  world.node("n1", 1000);
  world.pod("a", "1200M/");
  world.place("a", "n1");
  const Sequence began = now(world) - 1;
  world.record(GapOpened{Stream::kPods, point_at(world, began).time, began, "410"});
  world.list(Stream::kPods, {}, world.version() + 1);
  bookmark_all(world);
  EXPECT_TRUE(only_breach(audited(world)).proved);

  // Between two gaps there is one event at which all is known.
  World twice = listed_world();
  twice.node("n1", 1000);
  twice.record(GapOpened{Stream::kPods, twice.now(), now(twice), "410"});
  twice.pod("a", "1200M/");
  twice.place("a", "n1");
  twice.list(Stream::kPods, {twice.shown("a")}, twice.version() + 1);
  const Sequence known = now(twice) - 1;  // GapClosed
  twice.record(GapOpened{Stream::kPods, point_at(twice, known).time, known, "410"});
  twice.list(Stream::kPods, {}, twice.version() + 1);
  bookmark_all(twice);
  EXPECT_TRUE(only_breach(audited(twice)).proved);
}

TEST(Audit, DoesNotTakeABreachAsProvedThatEndsWithTheGap) {
  World world = listed_world();
  world.node("n1", 1000);
  world.pod("a", "900M/");
  world.run("a", "n1");
  world.record(TailDropped{33, "torn"});
  world.begin_epoch();
  for (std::size_t i = 1; i < kStreamCount; ++i) world.bookmark(static_cast<Stream>(i), world.version() + 1);
  world.edit_bandwidth("n1", [](BandwidthSeen& object) { object.network_ul = megabits(500); });
  world.gone("a");  // the last stream tells: from here on all is known
  bookmark_all(world);
  const AuditReport report = audited(world);
  EXPECT_EQ(report.verdict, Verdict::kUnknown);
  EXPECT_FALSE(only_breach(report).proved);
  EXPECT_EQ(report.gaps.at(0).until, only_breach(report).ended);
}

TEST(Audit, IsUnknownAfterWhatItDoesNotUnderstand) {
  World world = listed_world();
  world.node("n1", 1000);
  const Sequence before = now(world);
  world.record(UnknownFact{999});
  bookmark_all(world);
  EXPECT_EQ(audited(world).verdict, Verdict::kUnknown);
  EXPECT_EQ(audited(world, point_at(world, 1), point_at(world, before)).verdict, Verdict::kPass);
}

TEST(Audit, CountsObjectsThatCouldNotBeRead) {
  World world = listed_world();
  world.record(ObjectUnreadable{Stream::kPods, "net", "early", 3, "no name"});
  const Sequence from = now(world);
  world.node("n1", 1000);
  world.record(ObjectUnreadable{Stream::kPods, "net", "x", 9, "no name"});
  EXPECT_EQ(audited(world).unreadable, 2U);
  EXPECT_EQ(audited(world, point_at(world, from), point_at(world, now(world))).unreadable, 1U);
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

// ---- against the definition ----

struct Seen {
  bool visible = false;
  Sum least;
  std::vector<std::tuple<int, Sequence, std::optional<Sequence>, Int128>> breaches;  // direction, began, ended, depth
  bool operator==(const Seen&) const = default;
};

// Every link looked at after every event, from a ledger that knows no groups if `strict`.
std::map<std::pair<std::string, std::string>, Seen> looked_at(const std::vector<Event>& events, Sequence from,
                                                              Sequence to, bool strict) {
  std::map<std::pair<std::string, std::string>, Seen> all;
  std::map<std::pair<std::string, std::string>, std::pair<Sequence, Int128>> open[2];
  State state;
  for (const Event& event : events) {
    apply(state, event);
    if (event.sequence > to) break;
    std::map<PlaceNumber, Sum> used;
    if (strict) {
      state.pods.for_each([&](PodNumber, const Pod& pod) {
        if (!pod.placement) return;
        for (PlaceNumber place = state.nodes.at(pod.placement->node).leaf; place != kFabric;
             place = state.ledger.place(place).parent) {
          used[place] += pod.placement->charged;
        }
      });
    }
    const auto look = [&](const std::string& node, const std::string& name, PlaceNumber place, bool visible) {
      const std::pair key(node, name);
      Link link = state.ledger.place(place).link;
      if (strict) link.used = used[place];
      if (event.sequence >= from && visible) {
        Seen& seen = all[key];
        const Sum room = link.room();
        if (!seen.visible) seen.least = room;
        seen.visible = true;
        seen.least = {std::min(seen.least.ul, room.ul), std::min(seen.least.dl, room.dl)};
      }
      const Int128 over[2] = {link.used.ul - link.capacity.ul, link.used.dl - link.capacity.dl};
      for (int direction = 0; direction < 2; ++direction) {
        auto& opened = open[direction];
        const auto was = opened.find(key);
        if (over[direction] > 0 && was == opened.end()) {
          opened[key] = {event.sequence, event.sequence >= from ? over[direction] : 0};
        } else if (over[direction] > 0) {
          if (event.sequence >= from) was->second.second = std::max(was->second.second, over[direction]);
        } else if (was != opened.end()) {
          if (event.sequence > from) {
            all[key].breaches.emplace_back(direction, was->second.first, event.sequence, was->second.second);
          }
          opened.erase(was);
        }
      }
    };
    state.nodes.for_each([&](NodeNumber, const Node& node) {
      const bool visible = node.present || node.object || !node.pods.empty();
      look(node.name, "local", node.leaf, visible);
      look(node.name, "network", node.place, visible);
    });
    for (const auto& [name, uplink] : state.uplinks) look("", name, uplink.place, true);
    for (int direction = 0; direction < 2; ++direction) {  // of an uplink that other labels have taken away
      std::erase_if(open[direction], [&](const auto& opened) {
        const auto& [key, breach] = opened;
        if (!key.first.empty() || state.uplinks.contains(key.second)) return false;
        if (event.sequence > from) {
          all[key].breaches.emplace_back(direction, breach.first, event.sequence, breach.second);
        }
        return true;
      });
    }
  }
  for (int direction = 0; direction < 2; ++direction) {
    for (const auto& [key, breach] : open[direction]) {
      all[key].breaches.emplace_back(direction, breach.first, std::nullopt, breach.second);
    }
  }
  for (auto& [key, seen] : all) std::ranges::sort(seen.breaches);
  return all;
}

TEST(Audit, FindsExactlyWhatLookingAtEveryLinkAfterEveryEventFinds) {
  std::size_t breaches = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    RandomHistory history(seed);
    for (int step = 0; step < 200; ++step) history.step();
    const World& world = history.world();
    RandomNumbers random(seed);
    for (const bool strict : {false, true}) {
      const Sequence from = 1 + random.below(now(world));
      const Sequence to = from + random.below(now(world) - from + 1);
      const auto expected = looked_at(world.events(), from, to, strict);
      const AuditReport report = audited(world, point_at(world, from), point_at(world, to), strict);
      std::map<std::pair<std::string, std::string>, Seen> found;
      for (const LinkReport& link : report.links) {
        Seen& seen = found[{link.link.node, link.link.name}];
        seen.visible = true;
        seen.least = link.least_room;
      }
      for (const Breach& breach : report.breaches) {
        ++breaches;
        found[{breach.link.node, breach.link.name}].breaches.emplace_back(
            breach.direction == Direction::kUl ? 0 : 1, breach.began.sequence,
            breach.ended ? std::optional(breach.ended->sequence) : std::nullopt, breach.depth);
      }
      for (auto& [key, seen] : found) std::ranges::sort(seen.breaches);
      for (const auto& [key, seen] : expected) {
        const std::string where = "seed " + std::to_string(seed) + (strict ? " strict" : "") + ", " + key.second +
                                  " of " + key.first + ", " + std::to_string(from) + " to " + std::to_string(to);
        ASSERT_TRUE(found.contains(key)) << where;
        ASSERT_EQ(found[key].breaches.size(), seen.breaches.size()) << where;
        ASSERT_TRUE(found[key] == seen) << where;
      }
      ASSERT_EQ(found.size(), expected.size()) << "seed " << seed;
    }
  }
  EXPECT_GT(breaches, 100U);
}

}  // namespace
}  // namespace bw::replay
