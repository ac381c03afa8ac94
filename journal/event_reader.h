// Events in order, from a journal's records: a cursor and a codec together, with the chain checked on the way if the
// caller wants it. One thread at a time; the journal must outlive the reader.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "journal/chain.h"
#include "journal/event.h"
#include "journal/event_codec.h"
#include "journal/journal.h"

namespace bw {

class EventReader {
 public:
  // From `from` on. With `check_chain` the hashes are computed from the nearest kept one before `from`, and a stored
  // one that differs is kCorrupt.
  static Result<EventReader> open(const JournalReader& journal, Sequence from, bool check_chain);

  // The next event, into `event`; false at the end.
  Result<bool> next(Event& event);

  // The chain after the last event that next() gave; only with `check_chain`.
  const Head& head() const { return chain_->head(); }
  // Stored bytes of the last event; valid until the next call.
  std::string_view bytes() const { return bytes_; }

 private:
  EventReader(const JournalReader& journal, std::unique_ptr<RecordCursor> cursor)
      : journal_(&journal), cursor_(std::move(cursor)) {}

  Result<bool> read_ahead();

  const JournalReader* journal_;
  std::unique_ptr<RecordCursor> cursor_;
  // Records that the cursor has given already. Reading and what the caller does with an event push each other's code
  // and data out of the processor's caches, so they take turns by the block and not by the event.
  std::string ahead_;
  std::vector<std::size_t> ends_;  // of the records in ahead_
  std::size_t next_ = 0;           // the one to give next
  Sequence next_sequence_ = 0;     // its sequence
  Result<bool> more_ = true;       // what the cursor said last
  EventCodec codec_;
  std::optional<Chain> chain_;
  Sequence last_ = 0;  // there was when this was opened
  std::string_view bytes_;
};

}  // namespace bw
