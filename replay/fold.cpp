#include "replay/fold.h"

#include <charconv>

#include "projections/time_text.h"

namespace bw::replay {

Result<Instant> parse_instant(const std::string& text) {
  Instant instant;
  instant.text = text;
  if (text == "end") return instant;
  Sequence sequence = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), sequence);
  if (error == std::errc{} && end == text.data() + text.size()) {
    instant.sequence = sequence;
    return instant;
  }
  const Result<Timestamp> time = parse_rfc3339(text);
  if (!time) {
    return Error{ErrorCode::kInvalid, "\"" + text +
                                          "\" is no instant: give a sequence (1234), a time "
                                          "(2026-11-23T10:00:00Z), or end"};
  }
  instant.time = *time;
  return instant;
}

Result<Fold> Fold::begin(const JournalReader& journal, bool check_chain) {
  if (journal.bounds().head.sequence == 0) return Error{ErrorCode::kNotFound, "the journal holds no events"};
  Result<EventReader> reader = EventReader::open(journal, 1, check_chain);
  if (!reader) return reader.error();
  return Fold(std::move(*reader));
}

Result<bool> Fold::next() { return reader_->next(event_); }

Result<void> Fold::run_to(const Instant& instant) {
  if (instant.sequence && *instant.sequence == 0) {
    return Error{ErrorCode::kNotFound, "the journal starts at sequence 1; there is nothing at 0"};
  }
  while (!instant.sequence || state_->applied < *instant.sequence) {
    const Result<bool> more = next();
    if (!more) return more.error();
    if (!*more) {
      if (!instant.sequence) return {};
      return Error{ErrorCode::kNotFound, "the journal ends at sequence " + std::to_string(state_->applied) +
                                             "; there is no " + instant.text + " yet"};
    }
    if (instant.time && event_.time > *instant.time) {
      if (state_->applied > 0) return {};
      return Error{ErrorCode::kNotFound,
                   "the journal starts at " + format_rfc3339(event_.time, 9) + " (sequence 1), after " + instant.text};
    }
    apply_event();
  }
  return {};
}

}  // namespace bw::replay
