#include "journal/event_codec.h"

#include <gtest/gtest.h>

#include <cstring>
#include <limits>
#include <string>

#include "tests/support/random_event.h"

namespace bw {
namespace {

std::string encoded(EventCodec& codec, const Event& event) {
  std::string bytes;
  codec.encode(event, bytes);
  return bytes;
}

Event event_of(Fact fact) {
  Event event;
  event.sequence = 7;
  event.time.ns = 1'700'000'000'123'456'789;
  event.monotonic_ns = 4'242'424'242;
  event.term = 3;
  event.fact = std::move(fact);
  return event;
}

// The words of a framed message of one segment, from the segment on: root pointer, then the struct Event.
void set_word(std::string& bytes, std::size_t word, std::uint64_t value) {
  std::memcpy(bytes.data() + 8 + 8 * word, &value, sizeof(value));
}

std::uint64_t word_of(const std::string& bytes, std::size_t word) {
  std::uint64_t value;
  std::memcpy(&value, bytes.data() + 8 + 8 * word, sizeof(value));
  return value;
}

constexpr std::size_t kKindWord = 4;  // time, clock offset, term, then the kind
constexpr std::size_t kFactWord = 6;  // behind them the pointer to the fact, then the fact

// One codec and one event are used throughout, so that each decoding meets the remains of the one before.
TEST(EventCodec, DecodesEveryKindToWhatWasEncoded) {
  RandomEvents random(20'261'123);
  EventCodec codec;
  Event decoded;
  for (int round = 0; round < 200; ++round) {
    for (std::size_t kind = RandomEvents::kFirstKind; kind < RandomEvents::kKindCount; ++kind) {
      const Event event = event_of(random.fact(kind));
      const auto result = codec.decode(event.sequence, encoded(codec, event), decoded);
      ASSERT_TRUE(result) << "kind " << kind << ", round " << round << ": " << result.error().message;
      ASSERT_EQ(decoded, event) << "kind " << kind << ", round " << round;
    }
  }
}

TEST(EventCodec, KeepsMemoryOfTheSameKindClean) {
  RandomEvents random(5);
  EventCodec codec;
  for (std::size_t kind = RandomEvents::kFirstKind; kind < RandomEvents::kKindCount; ++kind) {
    Event decoded;
    for (int round = 0; round < 50; ++round) {
      const Event event = event_of(random.fact(kind));
      ASSERT_TRUE(codec.decode(event.sequence, encoded(codec, event), decoded));
      ASSERT_EQ(decoded, event) << "kind " << kind << ", round " << round;
    }
  }
}

TEST(EventCodec, KeepsEveryTimeAndTerm) {
  RandomEvents random(6);
  EventCodec codec;
  Event decoded;
  for (int round = 0; round < 2000; ++round) {
    const Event event = random.event(static_cast<Sequence>(round));
    ASSERT_TRUE(codec.decode(event.sequence, encoded(codec, event), decoded));
    ASSERT_EQ(decoded, event) << "round " << round;
  }
}

TEST(EventCodec, EncodesTheSameEventToTheSameBytes) {
  RandomEvents random(7);
  EventCodec used;
  for (int round = 0; round < 2000; ++round) {
    const Event event = random.event(1);
    EventCodec fresh;
    ASSERT_EQ(encoded(used, event), encoded(fresh, event)) << "round " << round;
  }
}

TEST(EventCodec, AppendsBehindWhatIsThere) {
  EventCodec codec;
  const Event event = event_of(TermEnded{"lease lost"});
  std::string bytes = "before";
  codec.encode(event, bytes);
  EXPECT_EQ(bytes, "before" + encoded(codec, event));
}

TEST(EventCodec, KeepsEventsLargerThanItsScratchSpace) {
  EventCodec codec;
  const Event large = event_of(EpochBegan{"bwcontroller 1.0", 1, {}, std::string(300'000, 'y')});
  const Event small = event_of(DeadlinePassed{});
  Event decoded;
  for (const Event* event : {&large, &small, &large}) {
    ASSERT_TRUE(codec.decode(7, encoded(codec, *event), decoded));
    EXPECT_EQ(decoded, *event);
  }
}

TEST(EventCodec, ReadsBytesOfAnyAlignment) {
  EventCodec codec;
  const Event event = event_of(NodeNumbered{NodeNumber{4}, "node-4"});
  const std::string bytes = encoded(codec, event);
  for (std::size_t offset = 0; offset < 8; ++offset) {
    const std::string shifted = std::string(offset, 'x') + bytes;
    Event decoded;
    ASSERT_TRUE(codec.decode(7, std::string_view(shifted).substr(offset), decoded));
    EXPECT_EQ(decoded, event);
  }
}

TEST(EventCodec, StoresCanonicalUidsInTwoWordsAndAnyOtherTextAsItIs) {
  EventCodec codec;
  const std::string uuid = "0123abcd-4567-89ef-0123-456789abcdef";
  const std::size_t small = encoded(codec, event_of(ClusterIdentified{uuid})).size();
  for (const std::string& uid :
       {uuid, std::string(), std::string("00000000-0000-0000-0000-000000000000"),
        std::string("0123ABCD-4567-89ef-0123-456789abcdef"), std::string("0123abcd45-67-89ef-0123-456789abcdef"),
        std::string("0123abcd-4567-89ef-0123-456789abcdeg"), std::string("ffffffff-ffff-ffff-ffff-ffffffffffff"),
        std::string("00000000-0000-0000-0000-000000000001"), std::string("mirror-pod")}) {
    const Event event = event_of(ClusterIdentified{uid});
    Event decoded;
    ASSERT_TRUE(codec.decode(7, encoded(codec, event), decoded));
    EXPECT_EQ(decoded, event);
    const bool is_small = encoded(codec, event).size() <= small;
    EXPECT_EQ(is_small, uid.empty() || uid == uuid || uid.starts_with("ffff") || uid.ends_with("0001")) << uid;
  }
}

TEST(EventCodec, StoresTheMonotonicClockAsADistanceThatRepeats) {
  EventCodec codec;
  Event one = event_of(DeadlinePassed{});
  Event other = one;
  other.time.ns += 1'000'000;
  other.monotonic_ns += 1'000'000;
  const std::string bytes = encoded(codec, one);
  const std::string other_bytes = encoded(codec, other);
  EXPECT_NE(word_of(bytes, 1), word_of(other_bytes, 1));
  EXPECT_EQ(word_of(bytes, 2), word_of(other_bytes, 2));
}

TEST(EventCodec, MakesAKindOfANewerMinorVersionAnUnknownFact) {
  EventCodec codec;
  std::string bytes = encoded(codec, event_of(DriftEnded{PodNumber{5}}));
  const auto known = static_cast<std::uint16_t>(word_of(bytes, kKindWord));
  set_word(bytes, kKindWord, RandomEvents::kKindCount + 3u);
  Event decoded;
  ASSERT_TRUE(codec.decode(7, bytes, decoded));
  EXPECT_EQ(decoded, event_of(UnknownFact{RandomEvents::kKindCount + 3}));
  EXPECT_NE(known, RandomEvents::kKindCount + 3);
}

TEST(EventCodec, MakesAFactWithANewerEnumeratorAnUnknownFact) {
  EventCodec codec;
  const Event event = event_of(ResyncBegan{Stream::kJobs, false});
  std::string bytes = encoded(codec, event);
  ASSERT_EQ(word_of(bytes, kFactWord), 8u);  // the stream
  set_word(bytes, kFactWord, kStreamCount);
  Event decoded;
  ASSERT_TRUE(codec.decode(7, bytes, decoded));
  ASSERT_TRUE(std::holds_alternative<UnknownFact>(decoded.fact));
  EXPECT_EQ(std::get<UnknownFact>(decoded.fact).kind, word_of(bytes, kKindWord));
}

TEST(EventCodec, RefusesBytesThatAreNoEvent) {
  EventCodec codec;
  const std::string sound = encoded(codec, event_of(JournalCreated{}));
  std::string no_kind = sound;
  set_word(no_kind, kKindWord, 0);
  for (const std::string& bytes : {std::string(), std::string("x"), std::string(8, '\0'), std::string(64, '\0'),
                                   std::string(64, '\xff'), sound + std::string(8, '\0'), no_kind}) {
    Event decoded;
    const auto result = codec.decode(41, bytes, decoded);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, ErrorCode::kCorrupt);
    EXPECT_NE(result.error().message.find("event 41"), std::string::npos) << result.error().message;
  }
}

TEST(EventCodec, RefusesAHashOfAWrongSize) {
  EventCodec codec;
  std::string bytes = encoded(codec, event_of(JournalCreated{}));
  std::uint64_t pointer = word_of(bytes, kFactWord);  // to the id: a list of 16 bytes
  ASSERT_EQ(pointer >> 35, 16u);
  set_word(bytes, kFactWord, (pointer & 0x7ffffffff) | std::uint64_t{15} << 35);
  Event decoded;
  const auto result = codec.decode(1, bytes, decoded);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::kCorrupt);
}

TEST(EventCodec, RefusesEveryTruncation) {
  RandomEvents random(8);
  EventCodec codec;
  Event decoded;
  for (std::size_t kind = RandomEvents::kFirstKind; kind < RandomEvents::kKindCount; ++kind) {
    const std::string bytes = encoded(codec, event_of(random.fact(kind)));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const auto result = codec.decode(7, std::string_view(bytes).substr(0, size), decoded);
      ASSERT_FALSE(result) << "kind " << kind << ", " << size << " of " << bytes.size() << " bytes";
      ASSERT_EQ(result.error().code, ErrorCode::kCorrupt);
    }
  }
}

// Changed bytes may still be an event; which one does not matter, since the chain shows the change.
TEST(EventCodec, SurvivesEveryFlippedBit) {
  RandomEvents random(9);
  EventCodec codec;
  Event decoded;
  std::size_t refused = 0;
  for (std::size_t kind = RandomEvents::kFirstKind; kind < RandomEvents::kKindCount; ++kind) {
    std::string bytes = encoded(codec, event_of(random.fact(kind)));
    for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
      const auto result = codec.decode(7, bytes, decoded);
      if (!result) {
        ASSERT_EQ(result.error().code, ErrorCode::kCorrupt);
        ++refused;
      }
      bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ 1 << bit % 8);
    }
  }
  EXPECT_GT(refused, 0u);
}

TEST(EventCodec, SurvivesRandomWords) {
  RandomEvents random(10);
  EventCodec codec;
  Event decoded;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = encoded(codec, random.event(1));
    for (std::uint64_t changes = 1 + random.below(4); changes > 0; --changes) {
      const std::uint64_t value = random.below(2) == 0 ? random.next() : random.below(64);
      std::memcpy(bytes.data() + 8 * random.below(bytes.size() / 8), &value, sizeof(value));
    }
    const auto result = codec.decode(7, bytes, decoded);
    ASSERT_TRUE(result || result.error().code == ErrorCode::kCorrupt);
  }
}

TEST(EventCodecDeathTest, NeverWritesAnUnknownFact) {
  EventCodec codec;
  std::string bytes;
  EXPECT_DEATH(codec.encode(event_of(UnknownFact{9}), bytes), "an unknown fact is never written");
}

}  // namespace
}  // namespace bw
