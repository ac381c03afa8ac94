// The records of a journal in order, each proved by the chain as it is read: against every hash that is kept. It goes
// on as the journal grows. Thread: one, any; it only reads the journal.
#pragma once

#include <memory>
#include <string_view>

#include "journal/chain.h"
#include "journal/journal.h"

namespace bw {

class ProvedRecords {
 public:
  // Those behind `start`, where the chain is known. `journal` must outlive this.
  ProvedRecords(const JournalReader& journal, const Head& start) : journal_(&journal), chain_(start) {}

  // The next record, which there is: its bytes, until the next call. An error: it cannot be read, or the chain does not
  // hold at it.
  Result<std::string_view> next();

  // Lets go of the files that it reads, which the journal may want to remove.
  void release() { cursor_.reset(); }

  // Of the last record that was read.
  const Head& head() const { return chain_.head(); }

  // That the chain does not hold at head(), in one sentence.
  Error broken() const;

 private:
  const JournalReader* journal_;
  Chain chain_;
  std::unique_ptr<RecordCursor> cursor_;  // null: at the end of what was there when it was made
};

}  // namespace bw
