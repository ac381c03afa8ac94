// Folding a journal up to an instant: the state as it was then. Thread: one.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "journal/event_reader.h"
#include "journal/journal.h"
#include "projections/state.h"

namespace bw::replay {

// A point of history: after the event with this sequence, or after the last event not later than this time.
struct Instant {
  std::optional<Sequence> sequence;
  std::optional<Timestamp> time;
  std::string text;  // as it was given
};

// "1234", "2026-11-23T10:00:00Z", "end".
Result<Instant> parse_instant(const std::string& text);

class Fold {
 public:
  // `journal` must outlive the fold. The chain is checked on the way if `check_chain`.
  static Result<Fold> begin(const JournalReader& journal, bool check_chain);

  // The next event, without applying it; false at the end.
  Result<bool> next();
  const Event& event() const { return event_; }
  void apply_event() { apply(*state_, event_); }

  // Applies events up to the instant. kNotFound if the journal starts later, or ends before a sequence.
  Result<void> run_to(const Instant& instant);

  const State& state() const { return *state_; }
  const Head& head() const { return reader_->head(); }

 private:
  explicit Fold(EventReader reader) : reader_(std::make_unique<EventReader>(std::move(reader))) {}

  std::unique_ptr<EventReader> reader_;
  std::unique_ptr<State> state_ = std::make_unique<State>();
  Event event_;
};

}  // namespace bw::replay
