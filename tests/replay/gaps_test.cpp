#include "replay/gaps.h"

#include <gtest/gtest.h>

#include "audited.h"

namespace bw::replay {
namespace {

std::vector<Gap> gaps_of(const std::vector<Event>& events, State* last = nullptr) {
  State state;
  GapFinder finder;
  for (const Event& event : events) {
    finder.see(state, event);
    apply(state, event);
  }
  std::vector<Gap> gaps = finder.gaps(state);
  if (last != nullptr) *last = std::move(state);
  return gaps;
}
std::vector<Gap> gaps_of(const World& world) { return gaps_of(world.events()); }

Gap only(const std::vector<Gap>& gaps) {
  EXPECT_EQ(gaps.size(), 1U);
  return gaps.empty() ? Gap{} : gaps.front();
}

TEST(Gaps, AreNoneWhereEveryStreamWasFollowed) {
  World world = listed_world();
  world.node("n1", 1000);
  world.pod("a", "100M");
  world.run("a", "n1");
  bookmark_all(world);
  EXPECT_TRUE(gaps_of(world).empty());
}

TEST(Gaps, BeginWhereAStreamWasLastFollowedAndEndWithItsList) {
  World world = listed_world();
  bookmark_all(world);
  const Sequence followed = now(world) - kStreamCount + 1;  // the bookmark of pods
  const Timestamp since = world.events()[followed - 1].time;
  world.node("n1", 1000);
  world.record(GapOpened{Stream::kPods, since, followed, "410 Gone"});
  world.list(Stream::kPods, {}, world.version() + 1);
  const Gap gap = only(gaps_of(world));
  EXPECT_EQ(gap.stream, Stream::kPods);
  EXPECT_EQ(gap.since, (Point{followed, since}));
  EXPECT_EQ(gap.until, point_at(world, now(world) - 1));  // GapClosed
  EXPECT_EQ(gap.reason, "410 Gone");
}

TEST(Gaps, SayWhatTheListFound) {
  World world = listed_world();
  world.node("n1", 1000);
  world.pod("a", "100M");
  world.pod("b", "100M");
  world.record(GapOpened{Stream::kPods, world.now(), now(world), "410"});
  world.list(Stream::kPods, {world.shown("b")}, world.version() + 1);
  const Gap gap = only(gaps_of(world));
  EXPECT_EQ(gap.gone, 1U);
  EXPECT_EQ(gap.added, 0U);
}

TEST(Gaps, StayOpenWithoutAList) {
  World world = listed_world();
  world.record(GapOpened{Stream::kNodes, world.now(), now(world), "410"});
  world.record(ResyncBegan{Stream::kNodes, false});
  bookmark_all(world);
  const Gap gap = only(gaps_of(world));
  EXPECT_EQ(gap.stream, Stream::kNodes);
  EXPECT_FALSE(gap.until);
}

TEST(Gaps, AreOnePerStreamAtATime) {
  World world = listed_world();
  for (const Stream stream : {Stream::kJobs, Stream::kPods}) {
    world.record(GapOpened{stream, world.now(), now(world), "410"});
  }
  world.list(Stream::kPods, {}, world.version() + 1);
  world.list(Stream::kJobs, {}, world.version() + 1);
  const std::vector<Gap> gaps = gaps_of(world);
  ASSERT_EQ(gaps.size(), 2U);
  EXPECT_EQ(gaps[0].stream, Stream::kJobs);
  EXPECT_EQ(gaps[1].stream, Stream::kPods);
  EXPECT_LT(gaps[1].until->sequence, gaps[0].until->sequence);
}

// ---- starts ----

TEST(AStart, ThatResumesItsWatchesIsNoGap) {
  World world = listed_world();
  world.node("n1", 1000);
  world.pod("a", "100M");
  world.run("a", "n1");
  world.pass_seconds(3600);
  world.begin_epoch();
  world.gone("a");
  bookmark_all(world);
  EXPECT_TRUE(gaps_of(world).empty());
}

// The daemon decides only when every stream has passed a list that was made after the start.
TEST(AStart, IsNoGapOnceItDecides) {
  World world = listed_world();
  world.node("n1", 1000);
  world.pod("a", "100M");
  world.begin_epoch();
  EXPECT_EQ(gaps_of(world).size(), kStreamCount);
  World decided = world;
  decided.filter("a");
  EXPECT_TRUE(gaps_of(decided).empty());
  World leads = world;
  leads.begin_term(1);
  EXPECT_TRUE(gaps_of(leads).empty());
}

TEST(AStart, ThatListsInPlaceOfResumingIsAGap) {
  World world = listed_world();
  world.node("n1", 1000);
  const Sequence seen = now(world);
  world.begin_epoch();
  world.list(Stream::kBandwidths, {world.shown_bandwidth("n1")}, world.version() + 1);
  bookmark_all(world);
  const Gap gap = only(gaps_of(world));
  EXPECT_EQ(gap.stream, Stream::kBandwidths);
  EXPECT_EQ(gap.since.sequence, seen);
  EXPECT_EQ(gap.reason, "the watch was not resumed, but listed anew");
  EXPECT_TRUE(gap.until);
}

TEST(AStart, OfARestoredClusterIsAGap) {
  World world = listed_world();
  world.list(Stream::kPods, {}, 1, true);
  EXPECT_EQ(only(gaps_of(world)).reason, "the cluster was restored from a backup");
}

TEST(AStart, ThatNeverCameToItsStreamsIsAGapOfEach) {
  World world = listed_world();
  world.node("n1", 1000);
  world.begin_epoch();
  world.list(Stream::kPods, {}, world.version() + 1);
  const std::vector<Gap> gaps = gaps_of(world);
  ASSERT_EQ(gaps.size(), kStreamCount);
  EXPECT_TRUE(gaps[0].stream);
  EXPECT_EQ(std::ranges::count(gaps,
                               std::string("after the last start the watch had not been resumed when the journal "
                                           "ended"),
                               &Gap::reason),
            static_cast<std::ptrdiff_t>(kStreamCount - 1));
}

// ---- the beginning of a journal ----

TEST(TheFirstLists, HideNothingWhereTheyFindNoPodsPlaced) {
  World world;
  world.node("n1", 1000);
  world.pod("a", "100M");
  list_all(world);
  EXPECT_TRUE(gaps_of(world).empty());
}

TEST(TheFirstLists, AreAGapWhereTheyFindPodsPlaced) {
  World world;
  PodSeen pod = pod_seen("a", "100M");
  pod.resource_version = 3;
  pod.node_name = "n1";
  world.list(Stream::kPods, {pod}, 10);
  list_all(world);
  const Sequence listed = now(world);
  bookmark_all(world);
  const std::vector<Gap> gaps = gaps_of(world);
  ASSERT_FALSE(gaps.empty());
  EXPECT_FALSE(gaps[0].stream);
  EXPECT_EQ(gaps[0].since, point_at(world, 1));
  EXPECT_EQ(gaps[0].until, point_at(world, listed));
  EXPECT_EQ(gaps[0].reason, "when the first lists ended, 1 pods had been placed before");
}

TEST(TheFirstLists, AreNoGapForPodsThatAskForNothing) {
  World world;
  PodSeen pod = pod_seen("a");
  pod.node_name = "n1";
  world.list(Stream::kPods, {pod}, 10);
  for (std::size_t i = 1; i < kStreamCount; ++i) world.list(static_cast<Stream>(i), {}, 10);
  EXPECT_TRUE(gaps_of(world).empty());
}

TEST(TheFirstLists, AreAGapAfterALostHistory) {
  World world;
  HistoryLost lost;
  lost.old_id.bytes[0] = 0xab;
  lost.last_readable.sequence = 7;
  lost.known.sequence = 9;
  world.record(lost);
  list_all(world);
  world.node("n1", 1000);
  const Gap gap = only(gaps_of(world));
  EXPECT_EQ(gap.reason,
            "the journal before this one, ab000000000000000000000000000000, was set aside at its event 7: its event 9 "
            "was known");
  EXPECT_TRUE(gap.until);
}

TEST(TheFirstLists, LeaveAGapThatNeverEnds) {
  World world;
  world.node("n1", 1000);
  world.pod("a", "100M");
  world.place("a", "n1");
  const Gap gap = only(gaps_of(world));
  EXPECT_FALSE(gap.until);
  EXPECT_EQ(gap.since.sequence, 1U);
}

// ---- what was lost or is not understood ----

TEST(ADroppedTail, IsAGapUntilEveryStreamHasTold) {
  World world = listed_world();
  world.node("n1", 1000);
  const Sequence last = now(world);
  world.record(TailDropped{33, "torn"});
  world.begin_epoch();
  for (std::size_t i = 1; i < kStreamCount; ++i) world.bookmark(static_cast<Stream>(i), world.version() + 1);
  const std::vector<Gap> open = gaps_of(world);
  ASSERT_EQ(open.size(), 2U);  // and the watch of pods has not been resumed
  EXPECT_FALSE(open[1].stream);
  EXPECT_FALSE(open[1].until);
  world.bookmark(Stream::kPods, world.version() + 1);
  const Sequence told = now(world);
  const Gap gap = only(gaps_of(world));
  EXPECT_FALSE(gap.stream);
  EXPECT_EQ(gap.since, point_at(world, last));
  EXPECT_EQ(gap.until, point_at(world, told));
  EXPECT_EQ(gap.reason, "33 bytes were dropped from the end of the journal: torn");
  world.node("n2", 1000);
  EXPECT_EQ(only(gaps_of(world)).until, point_at(world, told));
}

TEST(AnEventThatIsNotUnderstood, IsAGapForEver) {
  World world = listed_world();
  world.node("n1", 1000);
  world.record(UnknownFact{812});
  bookmark_all(world);
  const Gap gap = only(gaps_of(world));
  EXPECT_FALSE(gap.until);
  EXPECT_NE(gap.reason.find("is of kind 812, which this version does not understand"), std::string::npos);
}

// ---- looking ahead ----

TEST(Settled, IsAnInstantThatEveryStreamHasPassed) {
  World world = listed_world();
  world.node("n1", 1000);
  const Sequence instant = now(world);
  State state;
  GapFinder finder;
  const auto read_to = [&](Sequence sequence) {
    while (state.applied < sequence) {
      finder.see(state, world.events()[state.applied]);
      apply(state, world.events()[state.applied]);
    }
    return finder.settled(state, instant);
  };
  EXPECT_FALSE(read_to(instant));
  for (std::size_t i = 0; i < kStreamCount; ++i) {
    if (static_cast<Stream>(i) != Stream::kBandwidths) world.bookmark(static_cast<Stream>(i), world.version() + 1);
  }
  EXPECT_FALSE(read_to(now(world)));  // the instant itself is a word of that stream
  world.bookmark(Stream::kBandwidths, world.version() + 1);
  EXPECT_TRUE(read_to(now(world)));
}

TEST(Settled, IsAnInstantBeforeAStartThatDecides) {
  World world = listed_world();
  world.node("n1", 1000);
  world.pod("a", "100M");
  world.filter("a");
  State state;
  GapFinder finder;
  const auto read_all = [&] {
    while (state.applied < now(world)) {
      finder.see(state, world.events()[state.applied]);
      apply(state, world.events()[state.applied]);
    }
  };
  read_all();
  const Sequence instant = now(world);
  world.filter("a");  // of the same start: proves nothing about the watches
  read_all();
  EXPECT_FALSE(finder.settled(state, instant));
  world.begin_epoch();
  read_all();
  EXPECT_FALSE(finder.settled(state, instant));
  world.filter("a");
  read_all();
  EXPECT_TRUE(finder.settled(state, instant));
}

}  // namespace
}  // namespace bw::replay
