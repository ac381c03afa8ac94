// Folding a journal, event by event or up to a sequence: the state as it was then. What is folded has been proved by
// the chain. Thread: one, beside the reader's.
#pragma once

#include <memory>

#include "journal/journal.h"
#include "projections/state.h"
#include "replay/chain_reader.h"

namespace bw::replay {

class Fold {
 public:
  // Before the first event that the journal holds; where older ones were cut off, at the snapshot that stands for them.
  // `journal` must outlive the fold. kNotFound if it holds no events.
  static Result<Fold> begin(const JournalReader& journal);

  // The next event, without applying it; false at the end.
  Result<bool> next() { return reader_->next(event_); }
  const Event& event() const { return event_; }
  Event& event() { return event_; }
  void apply_event(Touched* touched = nullptr) { apply(*state_, event_, touched); }

  // Applies events up to this one. The journal holds it: find_point() says so.
  Result<void> run_to(Sequence sequence);

  // At the end, to go on with what has been written since: call JournalReader::refresh() first.
  void go_on();

  const State& state() const { return *state_; }

 private:
  Fold(const JournalReader& journal, const Head& start, std::unique_ptr<State> state)
      : journal_(&journal), reader_(std::make_unique<ChainReader>(journal, start)), state_(std::move(state)) {}

  const JournalReader* journal_;
  std::unique_ptr<ChainReader> reader_;
  std::unique_ptr<State> state_;
  Event event_;
};

// The state before the first event that the journal holds: nothing, or what the snapshot says at which it was cut.
// kUnsupported, kCorrupt: that snapshot cannot be used, so nothing can be folded.
Result<std::unique_ptr<State>> first_state(const JournalReader& journal);

}  // namespace bw::replay
