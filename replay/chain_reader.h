// Events of a journal whose chain has been checked: a thread of its own reads and hashes the records and hands them
// over in blocks, each only once a kept hash (or the head) has shown that it is what was written. So nothing that was
// tampered with is ever decoded or applied, and it costs no time where there is a second core. Memory: a few blocks of
// 1,024 records.
//
// Threads: one, beside its own; nobody else may use the journal until next() has given false or an error, or proved()
// was called.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "journal/event.h"
#include "journal/event_codec.h"
#include "journal/journal.h"

namespace bw::replay {

class ChainReader {
 public:
  // From the event after `start` on, up to the end as of now. The journal outlives the reader.
  ChainReader(const JournalReader& journal, const Head& start);
  ~ChainReader();
  ChainReader(ChainReader&&) = delete;

  // The next event, into `event`; false at the end. kCorrupt where the chain does not hold, or where bytes that do are
  // no event.
  Result<bool> next(Event& event);

  // Of the events that next() gave.
  std::uint64_t bytes() const { return bytes_; }

  // Ends the reading. The last event up to which the chain was seen to hold.
  Head proved();

 private:
  struct Block {
    Sequence first = 0;
    std::string bytes;                // of all records, one after the other
    std::vector<std::uint32_t> ends;  // of each, in `bytes`
  };
  class Reading;  // the thread

  Block block_;         // being given
  std::size_t at_ = 0;  // the next record in it
  std::uint64_t bytes_ = 0;
  EventCodec codec_;
  std::unique_ptr<Reading> reading_;
};

}  // namespace bw::replay
