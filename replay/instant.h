// Points of history as people name them, and where they lie in a journal. Values; find_point() reads a few events.
#pragma once

#include <string>

#include "journal/journal.h"

namespace bw::replay {

struct Instant {
  enum class Base : std::uint8_t { kSequence, kTime, kStart, kEnd };
  Base base = Base::kEnd;
  Sequence sequence = 0;       // kSequence
  Timestamp time;              // kTime
  std::int64_t offset_ns = 0;  // from the start's or the end's time; 0: the start or the end itself
  std::string text = "end";    // as it was given
  bool operator==(const Instant&) const = default;
};

// "1234", "2026-11-23T10:00:00Z", "start", "end", "start+30s" (or "+30s"), "end-1h30m" (or "-1h30m"). Units of a
// duration: ms, s, m, h, d.
Result<Instant> parse_instant(const std::string& text);

// After the event `sequence`, at `time`: not before that event's, and before that of the next one. It may be later than
// the last event's, where a time was asked for that the journal has not reached.
struct Point {
  Sequence sequence = 0;
  Timestamp time;
  bool operator==(const Point&) const = default;
};

// kNotFound, with the sentence that says when the journal starts or ends, for an instant before its first event and
// for a sequence behind its last one.
Result<Point> find_point(const JournalReader& journal, const Instant& instant);

// The first event that is not before the instant, of a time the first not earlier; behind the last event if none is.
Result<Sequence> first_from(const JournalReader& journal, const Instant& instant);

}  // namespace bw::replay
