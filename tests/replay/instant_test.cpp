#include "replay/instant.h"

#include <gtest/gtest.h>

#include "projections/time_text.h"
#include "recorded.h"

namespace bw::replay {
namespace {

using Base = Instant::Base;

constexpr std::int64_t kSecondNs = kNanosecondsPerSecond;

Instant parsed(const std::string& text) {
  const Result<Instant> instant = parse_instant(text);
  EXPECT_TRUE(instant) << text << ": " << instant.error().message;
  return instant ? *instant : Instant{};
}

TEST(Instant, IsASequenceATimeOrADistanceFromStartOrEnd) {
  EXPECT_EQ(parsed("1234"), (Instant{Base::kSequence, 1234, {}, 0, "1234"}));
  EXPECT_EQ(parsed("1970-01-01T00:00:02Z"), (Instant{Base::kTime, 0, {2 * kSecondNs}, 0, "1970-01-01T00:00:02Z"}));
  EXPECT_EQ(parsed("start"), (Instant{Base::kStart, 0, {}, 0, "start"}));
  EXPECT_EQ(parsed("end"), (Instant{Base::kEnd, 0, {}, 0, "end"}));
  EXPECT_EQ(parsed("start+30s"), (Instant{Base::kStart, 0, {}, 30 * kSecondNs, "start+30s"}));
  EXPECT_EQ(parsed("+250ms"), (Instant{Base::kStart, 0, {}, kSecondNs / 4, "+250ms"}));
  EXPECT_EQ(parsed("end-1h30m"), (Instant{Base::kEnd, 0, {}, -5400 * kSecondNs, "end-1h30m"}));
  EXPECT_EQ(parsed("-2d"), (Instant{Base::kEnd, 0, {}, -172'800 * kSecondNs, "-2d"}));
}

TEST(Instant, IsNothingElse) {
  for (const char* text : {"", "now", "12x", "-", "+", "start-5s", "end+5s", "end5s", "-5", "-5w", "-s", "-5s3", "1 h",
                           "2026-01-01", "99999999999999999999", "-99999999999d", "-9223372036854775807s"}) {
    const Result<Instant> instant = parse_instant(text);
    ASSERT_FALSE(instant) << text;
    EXPECT_EQ(instant.error().code, ErrorCode::kInvalid);
    EXPECT_EQ(instant.error().message, std::string("\"") + text +
                                           "\" is no instant: give a sequence (1234), a time (2026-11-23T10:00:00Z), "
                                           "start, end, or a distance from them (start+30s, end-1h30m)");
  }
}

// Events 1 to 6 at seconds 10, 20, 20, 20, 30 and 40 after 1970.
class InAJournal : public testing::Test {
 protected:
  InAJournal() {
    std::vector<Event> events;
    for (const std::int64_t second : {10, 20, 20, 20, 30, 40}) {
      events.push_back({events.size() + 1, {second * kSecondNs}, 0, 0, JournalCreated{}});
    }
    journal_ = recorded(events);
  }

  Result<Point> find(const std::string& text) { return find_point(*journal_, parsed(text)); }
  Point found(const std::string& text) {
    const Result<Point> point = find(text);
    EXPECT_TRUE(point) << text << ": " << point.error().message;
    return point ? *point : Point{};
  }
  std::string trouble(const std::string& text) {
    const Result<Point> point = find(text);
    EXPECT_FALSE(point) << text;
    if (!point) {
      EXPECT_EQ(point.error().code, ErrorCode::kNotFound);
    }
    return point ? std::string() : point.error().message;
  }
  Sequence first(const std::string& text) {
    const Result<Sequence> sequence = first_from(*journal_, parsed(text));
    EXPECT_TRUE(sequence) << text;
    return sequence ? *sequence : 0;
  }

  std::unique_ptr<MemoryJournal> journal_;
};

TEST_F(InAJournal, ASequenceIsItsEvent) {
  EXPECT_EQ(found("1"), (Point{1, {10 * kSecondNs}}));
  EXPECT_EQ(found("3"), (Point{3, {20 * kSecondNs}}));
  EXPECT_EQ(found("6"), (Point{6, {40 * kSecondNs}}));
}

TEST_F(InAJournal, ATimeIsAfterTheLastEventNotLater) {
  EXPECT_EQ(found("1970-01-01T00:00:10Z"), (Point{1, {10 * kSecondNs}}));
  EXPECT_EQ(found("1970-01-01T00:00:20Z"), (Point{4, {20 * kSecondNs}}));
  EXPECT_EQ(found("1970-01-01T00:00:29.999Z"), (Point{4, {29'999'000'000}}));
  EXPECT_EQ(found("1970-01-01T00:01:00Z"), (Point{6, {60 * kSecondNs}}));  // later than the end, and says so
}

TEST_F(InAJournal, StartAndEndAreEventsAndDistancesFromThemTimes) {
  EXPECT_EQ(found("start"), (Point{1, {10 * kSecondNs}}));
  EXPECT_EQ(found("end"), (Point{6, {40 * kSecondNs}}));
  EXPECT_EQ(found("start+10s"), (Point{4, {20 * kSecondNs}}));
  EXPECT_EQ(found("end-10s"), (Point{5, {30 * kSecondNs}}));
  EXPECT_EQ(found("-10001ms"), (Point{4, {29'999'000'000}}));
}

TEST_F(InAJournal, WhatIsBeforeItsStartIsToldWhenItStarts) {
  EXPECT_EQ(trouble("0"),
            "the journal starts at sequence 1 (1970-01-01T00:00:10.000000000Z); it says nothing about 0, which is "
            "earlier");
  EXPECT_EQ(trouble("1970-01-01T00:00:09Z"),
            "the journal starts at sequence 1 (1970-01-01T00:00:10.000000000Z); it says nothing about "
            "1970-01-01T00:00:09Z, which is earlier");
  EXPECT_EQ(trouble("end-31s"),
            "the journal starts at sequence 1 (1970-01-01T00:00:10.000000000Z); it says nothing about end-31s, which "
            "is earlier");
}

TEST_F(InAJournal, ASequenceBehindItsEndIsToldWhereItEnds) {
  EXPECT_EQ(trouble("7"), "the journal ends at sequence 6 (1970-01-01T00:00:40.000000000Z); it holds no event 7 yet");
}

TEST_F(InAJournal, TheFirstEventFromAnInstantOnIsNotEarlier) {
  EXPECT_EQ(first("start"), 1U);
  EXPECT_EQ(first("3"), 3U);
  EXPECT_EQ(first("1970-01-01T00:00:10Z"), 1U);
  EXPECT_EQ(first("1970-01-01T00:00:10.000000001Z"), 2U);
  EXPECT_EQ(first("1970-01-01T00:00:20Z"), 2U);
  EXPECT_EQ(first("end"), 6U);
  EXPECT_EQ(first("1970-01-01T00:01:00Z"), 7U);
  EXPECT_FALSE(first_from(*journal_, parsed("1970-01-01T00:00:09Z")));
}

TEST_F(InAJournal, EveryTimeIsFoundByHalving) {
  for (std::int64_t second = 10; second <= 45; ++second) {
    const Sequence expected = second < 20 ? 1 : second < 30 ? 4 : second < 40 ? 5 : 6;
    EXPECT_EQ(found(format_rfc3339({second * kSecondNs}, 0)).sequence, expected) << second;
  }
}

TEST(AnEmptyJournal, HasNoInstants) {
  const MemoryJournal journal;
  const Result<Point> point = find_point(journal, parsed("end"));
  ASSERT_FALSE(point);
  EXPECT_EQ(point.error().message, "the journal holds no events");
}

}  // namespace
}  // namespace bw::replay
