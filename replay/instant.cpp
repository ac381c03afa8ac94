#include "replay/instant.h"

#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "journal/event_reader.h"
#include "projections/time_text.h"

namespace bw::replay {
namespace {

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

constexpr std::int64_t kMinuteNs = 60 * kNanosecondsPerSecond;
constexpr std::array<std::pair<std::string_view, std::int64_t>, 5> kUnits{{{"ms", kNanosecondsPerMillisecond},
                                                                           {"s", kNanosecondsPerSecond},
                                                                           {"m", kMinuteNs},
                                                                           {"h", 60 * kMinuteNs},
                                                                           {"d", 24 * 60 * kMinuteNs}}};

// "1h30m", in nanoseconds; absent: it is none, or no journal is that long.
std::optional<std::int64_t> parse_duration(std::string_view text) {
  std::int64_t sum_ns = 0;
  do {
    const std::size_t unit_at = std::min(text.find_first_not_of("0123456789"), text.size());
    const std::size_t next = std::min(text.find_first_of("0123456789", unit_at), text.size());
    const std::optional<std::uint64_t> number = parse_number(text.substr(0, unit_at));
    std::int64_t unit_ns = 0;
    for (const auto& [name, ns] : kUnits) {
      if (name == text.substr(unit_at, next - unit_at)) unit_ns = ns;
    }
    if (!number || unit_ns == 0) return std::nullopt;
    const std::int64_t room_ns = std::numeric_limits<std::int64_t>::max() / 4 - sum_ns;
    if (*number > static_cast<std::uint64_t>(room_ns / unit_ns)) return std::nullopt;
    sum_ns += static_cast<std::int64_t>(*number) * unit_ns;
    text.remove_prefix(next);
  } while (!text.empty());
  return sum_ns;
}

// "start+30s", "-5m", "end": the base, then the offset.
std::optional<Instant> parse_relative(std::string_view text) {
  Instant instant;
  const bool from_start = text.starts_with("start") || text.starts_with("+");
  instant.base = from_start ? Instant::Base::kStart : Instant::Base::kEnd;
  const std::string_view name = from_start ? "start" : "end";
  if (text.starts_with(name)) text.remove_prefix(name.size());
  if (text.empty()) return instant;
  const std::optional<std::int64_t> offset = parse_duration(text.substr(1));
  if (text.front() != (from_start ? '+' : '-') || !offset) return std::nullopt;
  instant.offset_ns = from_start ? *offset : -*offset;
  return instant;
}

std::string describe(const Event& event) {
  return "sequence " + std::to_string(event.sequence) + " (" + format_rfc3339(event.time, 9) + ")";
}

Error before_start(const Event& first, const Instant& instant) {
  return {ErrorCode::kNotFound, "the journal starts at " + describe(first) + "; it says nothing about " + instant.text +
                                    ", which is earlier"};
}

Result<Event> event_at(const JournalReader& journal, Sequence sequence) {
  Result<EventReader> reader = EventReader::open(journal, sequence, false);
  if (!reader) return reader.error();
  Event event;
  const Result<bool> found = reader->next(event);
  if (!found) return found.error();
  if (!*found) return Error{ErrorCode::kCorrupt, "event " + std::to_string(sequence) + " is missing from the journal"};
  return event;
}

// The last event that is not later than `time`; that of `first` is not. Times do not fall.
Result<Sequence> last_until(const JournalReader& journal, Sequence first, Sequence last, Timestamp time) {
  while (first < last) {
    const Sequence middle = first + (last - first + 1) / 2;
    const Result<Event> event = event_at(journal, middle);
    if (!event) return event.error();
    if (event->time <= time) {
      first = middle;
    } else {
      last = middle - 1;
    }
  }
  return first;
}

}  // namespace

Result<Instant> parse_instant(const std::string& text) {
  std::optional<Instant> instant = parse_relative(text);
  if (text.empty()) instant.reset();
  if (const std::optional<std::uint64_t> sequence = parse_number(text)) {
    instant = Instant{Instant::Base::kSequence, *sequence, {}, 0, {}};
  } else if (const Result<Timestamp> time = parse_rfc3339(text)) {
    instant = Instant{Instant::Base::kTime, 0, *time, 0, {}};
  }
  if (!instant) {
    return Error{ErrorCode::kInvalid, "\"" + text +
                                          "\" is no instant: give a sequence (1234), a time (2026-11-23T10:00:00Z), "
                                          "start, end, or a distance from them (start+30s, end-1h30m)"};
  }
  instant->text = text;
  return *instant;
}

Result<Point> find_point(const JournalReader& journal, const Instant& instant) {
  const JournalBounds bounds = journal.bounds();
  if (bounds.head.sequence < bounds.first) return Error{ErrorCode::kNotFound, "the journal holds no events"};
  const Result<Event> first = event_at(journal, bounds.first);
  if (!first) return first.error();
  const Result<Event> last = event_at(journal, bounds.head.sequence);
  if (!last) return last.error();

  if (instant.base == Instant::Base::kSequence) {
    if (instant.sequence < bounds.first) return before_start(*first, instant);
    if (instant.sequence > last->sequence) {
      return Error{ErrorCode::kNotFound, "the journal ends at " + describe(*last) + "; it holds no event " +
                                             std::to_string(instant.sequence) + " yet"};
    }
    const Result<Event> event = event_at(journal, instant.sequence);
    if (!event) return event.error();
    return Point{event->sequence, event->time};
  }
  if (instant.base == Instant::Base::kEnd && instant.offset_ns == 0) return Point{last->sequence, last->time};
  if (instant.base == Instant::Base::kStart && instant.offset_ns == 0) return Point{first->sequence, first->time};
  Timestamp time = instant.time;
  if (instant.base == Instant::Base::kStart) time.ns = first->time.ns + instant.offset_ns;
  if (instant.base == Instant::Base::kEnd) time.ns = last->time.ns + instant.offset_ns;
  if (time < first->time) return before_start(*first, instant);
  const Result<Sequence> sequence = last_until(journal, bounds.first, last->sequence, time);
  if (!sequence) return sequence.error();
  return Point{*sequence, time};
}

Result<Sequence> first_from(const JournalReader& journal, const Instant& instant) {
  const Result<Point> point = find_point(journal, instant);
  if (!point) return point.error();
  const JournalBounds bounds = journal.bounds();
  const bool is_event =
      instant.base == Instant::Base::kSequence || (instant.base == Instant::Base::kStart && instant.offset_ns == 0);
  if (is_event) return point->sequence;
  const Timestamp before{point->time.ns - 1};
  const Result<Event> first = event_at(journal, bounds.first);
  if (!first) return first.error();
  if (before < first->time) return bounds.first;
  const Result<Sequence> last = last_until(journal, bounds.first, bounds.head.sequence, before);
  if (!last) return last.error();
  return *last + 1;
}

}  // namespace bw::replay
