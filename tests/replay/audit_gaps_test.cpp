// Audits of stretches into which gaps reach.
#include <gtest/gtest.h>

#include <functional>

#include "audited.h"

namespace bw::replay {
namespace {

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

}  // namespace
}  // namespace bw::replay
