// The evolution rule at the head of journal/event.capnp: what a newer minor version adds is read over.
#include <gtest/gtest.h>

#include <string>

#include "journal/event_codec.h"
#include "journal/snapshot_codec.h"
#include "newer_message.h"
#include "projections/snapshot.h"
#include "tests/support/random_event.h"
#include "tests/support/random_history.h"

namespace bw {
namespace {

TEST(Evolution, FieldsAddedToAnyStructOfAnEventAreReadOver) {
  RandomEvents random(11);
  EventCodec codec;
  Event decoded;
  for (int round = 0; round < 50; ++round) {
    for (std::size_t kind = RandomEvents::kFirstKind; kind < RandomEvents::kKindCount; ++kind) {
      Event event = random.event(7);
      event.fact = random.fact(kind);
      std::string bytes;
      codec.encode(event, bytes);
      const std::string newer = grown(bytes);
      ASSERT_GT(newer.size(), bytes.size());
      const auto result = codec.decode(7, newer, decoded);
      ASSERT_TRUE(result) << "kind " << kind << ": " << result.error().message;
      ASSERT_EQ(decoded, event) << "kind " << kind << ", round " << round;
    }
  }
}

TEST(Evolution, FieldsAddedToAnyStructOfASnapshotAreReadOver) {
  SnapshotCodec codec;
  std::set<std::size_t> kinds;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    RandomHistory history(seed);
    for (int step = 0; step < 200; ++step) history.step();
    snapshot_of(history.state(), [&](const SnapshotRecord& record) {
      std::string bytes;
      codec.encode(record, bytes);
      SnapshotRecord decoded;
      const auto result = codec.decode(grown(bytes), decoded);
      ASSERT_TRUE(result) << result.error().message;
      ASSERT_EQ(decoded, record) << "seed " << seed;
      kinds.insert(record.index());
    });
  }
  EXPECT_GE(kinds.size(), 9u);
}

// What the golden journals rest on: that it sees whether a field was lost.
TEST(Evolution, CanonicalFormDependsOnTheContentAlone) {
  RandomEvents random(12);
  EventCodec codec;
  for (int round = 0; round < 500; ++round) {
    Event event = random.event(7);
    std::string bytes, changed;
    codec.encode(event, bytes);
    event.term += 1;
    codec.encode(event, changed);
    EXPECT_EQ(canonical(bytes), canonical(bytes));
    EXPECT_NE(canonical(bytes), canonical(changed));
    EXPECT_NE(canonical(bytes), canonical(grown(bytes)));
  }
}

}  // namespace
}  // namespace bw
