#include "projections/snapshot.h"

#include <gtest/gtest.h>

#include "projections/decide.h"
#include "projections/digest.h"
#include "projections/effects.h"
#include "projections/wake_up.h"
#include "state_equality.h"
#include "tests/support/random_history.h"

namespace bw {
namespace {

using Records = std::vector<SnapshotRecord>;

Records records_of(const State& state) {
  Records records;
  snapshot_of(state, [&](const SnapshotRecord& record) { records.push_back(record); });
  return records;
}

Result<State> restore(const Records& records) {
  std::size_t next = 0;
  return state_from([&](SnapshotRecord& record) -> Result<bool> {
    if (next == records.size()) return false;
    record = records[next++];
    return true;
  });
}

State must_restore(const Records& records) {
  Result<State> state = restore(records);
  check(state.has_value(), state ? "" : state.error().message);
  return std::move(*state);
}

// What the daemon would do next, with the same clock.
void expect_same_answers(const State& a, const State& b, Timestamp now) {
  EXPECT_EQ(pending_effects(a), pending_effects(b));
  EXPECT_EQ(decide_deadlines(a, now), decide_deadlines(b, now));
  EXPECT_EQ(decide_conditions(a), decide_conditions(b));
  EXPECT_EQ(decide_wake_ups(a, now, 100), decide_wake_ups(b, now, 100));
  NodeSet offered;
  a.nodes.for_each([&](NodeNumber number, const Node&) { offered.insert(number); });
  a.pods.for_each([&](PodNumber number, const Pod& pod) {
    EXPECT_EQ(decide_filter(a, number, offered, {}).facts, decide_filter(b, number, offered, {}).facts);
    EXPECT_EQ(decide_prioritize(a, number, offered, {}).scores, decide_prioritize(b, number, offered, {}).scores);
    EXPECT_EQ(decide_bind(a, pod.identity.uid, "n1").facts, decide_bind(b, pod.identity.uid, "n1").facts);
  });
}

// A state in which every part of a snapshot has something to say.
State rich_state() {
  Policy policy;
  policy.levels = {{"rack", both(500), {}}, {"zone", both(900), {}}};
  World world(policy);
  world.record(ClusterIdentified{"cluster"});
  world.begin_term(3);
  for (const char* name : {"n1", "n2", "n3"}) {
    world.node(name, 100);
    world.edit_node(name, [](NodeSeen& node) { node.level_values = {"r1", "z1"}; });
  }
  world.edit_bandwidth("n1", [&](BandwidthSeen& object) {
    object.kept_back = {{"run", both(5), both(10), Timestamp{world.now().ns + 60 * kNanosecondsPerSecond}}};
  });
  world.bare_node("n4");
  world.space(namespace_seen("lab"));
  world.workload(WorkloadKind::kStatefulSet, "peers", 3);
  for (const char* pod : {"a", "b"}) {
    world.pod(pod, "30M", "peers");
    check(world.run(pod, "n2"), "it fits");
  }
  world.pod("c", "20M");
  world.bind("c", "n3");
  world.pod("d", "500M");
  world.filter("d");
  world.pod("e", "400M");
  world.place("e", "n1");
  world.pod("f");
  world.gone("f");
  world.record(GapOpened{Stream::kNodes, world.now(), 17, "expired"});
  return world.state();
}

TEST(Snapshot, GivesTheStateThatItWasTakenOf) {
  const State state = rich_state();
  const State restored = must_restore(records_of(state));
  EXPECT_TRUE(states_equal(state, restored));
  EXPECT_EQ(restored.digest, digest_from_scratch(restored));
  expect_same_answers(state, restored, state.time);
}

TEST(Snapshot, OfASnapshotIsTheSame) {
  const Records records = records_of(rich_state());
  EXPECT_EQ(records, records_of(must_restore(records)));
}

TEST(Snapshot, HasARecordOfEveryKind) {
  std::set<std::size_t> kinds;
  for (const SnapshotRecord& record : records_of(rich_state())) kinds.insert(record.index());
  EXPECT_EQ(kinds.size(), std::variant_size_v<SnapshotRecord> - 1) << "all but UnknownRecord";
}

// Snapshots at random moments, each carried on beside the original.
TEST(Snapshot, IsEqualNowAndAfterEveryLaterEvent) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    RandomNumbers moments(seed);
    RandomHistory history(seed);
    std::optional<State> carried;
    std::size_t seen = 0;
    for (int step = 0; step < 250; ++step) {
      history.step();
      for (; carried && seen < history.events().size(); ++seen) {
        apply(*carried, history.events()[seen]);
        if (seen + 1 == history.events().size()) {
          ASSERT_EQ(carried->digest, history.state().digest) << "event " << seen + 1;
        }
      }
      if (!moments.one_in(12)) continue;
      const Records records = records_of(history.state());
      if (carried) {
        ASSERT_TRUE(states_equal(history.state(), *carried)) << "step " << step;
        ASSERT_EQ(records, records_of(*carried)) << "step " << step;
      }
      carried = must_restore(records);
      seen = history.events().size();
      ASSERT_TRUE(states_equal(history.state(), *carried)) << "step " << step;
      expect_same_answers(history.state(), *carried, history.world().now());
    }
  }
}

TEST(Snapshot, OfAnotherVersionOfTheRulesIsNotUsed) {
  Records records = records_of(rich_state());
  std::get<HeaderRecord>(records[0]).rules_version = kRulesVersion + 1;
  const Result<State> state = restore(records);
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code, ErrorCode::kUnsupported);
}

TEST(Snapshot, WithARecordOfAnUnknownKindIsNotUsed) {
  Records records = records_of(rich_state());
  records.emplace_back(UnknownRecord{77});
  const Result<State> state = restore(records);
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code, ErrorCode::kUnsupported);
}

TEST(Snapshot, WithAnotherDigestThanItsStateIsRefused) {
  Records records = records_of(rich_state());
  for (SnapshotRecord& record : records) {
    if (auto* pod = std::get_if<PodRecord>(&record)) pod->attempts += 1;
  }
  const Result<State> state = restore(records);
  ASSERT_FALSE(state);
  EXPECT_EQ(state.error().code, ErrorCode::kCorrupt);
}

TEST(Snapshot, WithoutOneOfItsRecordsOrWithOneTwiceIsRefused) {
  const Records records = records_of(rich_state());
  for (std::size_t i = 0; i < records.size(); ++i) {
    // What no digest covers may be missing: a stream, a namespace, a uid that is gone, an uplink that holds nothing.
    const bool digested =
        std::holds_alternative<HeaderRecord>(records[i]) || std::holds_alternative<NodeRecord>(records[i]) ||
        std::holds_alternative<WorkloadRecord>(records[i]) || std::holds_alternative<GroupRecord>(records[i]) ||
        std::holds_alternative<PodRecord>(records[i]);
    if (!digested) continue;
    Records less = records, more = records;
    less.erase(less.begin() + static_cast<std::ptrdiff_t>(i));
    more.insert(more.begin() + static_cast<std::ptrdiff_t>(i), records[i]);
    EXPECT_FALSE(restore(less)) << i;
    EXPECT_FALSE(restore(more)) << i;
  }
}

}  // namespace
}  // namespace bw
