#include "controller/proved_records.h"

#include <optional>
#include <string>
#include <utility>

namespace bw {

Result<std::string_view> ProvedRecords::next() {
  Sequence sequence = 0;
  std::string_view bytes;
  for (int time = 0;; ++time) {
    if (cursor_ == nullptr) {
      Result<std::unique_ptr<RecordCursor>> cursor = journal_->read(head().sequence + 1);
      if (!cursor) return cursor.error();
      cursor_ = std::move(*cursor);
    }
    const Result<bool> more = cursor_->next(sequence, bytes);
    if (!more) return more.error();
    if (*more) break;
    check(time == 0, "a durable event is not in the journal", head().sequence + 1);
    cursor_.reset();  // it ends where the journal did when it was made
  }
  chain_.extend(bytes);
  check(head().sequence == sequence, "the auditor reads events out of order", sequence);
  const std::optional<Sha256> kept = sequence % kKeptHashInterval == 0 ? journal_->kept_hash(sequence) : std::nullopt;
  if (kept && *kept != head().hash) return broken();
  return bytes;
}

Error ProvedRecords::broken() const {
  const std::string journal = journal_->folder().empty() ? "the journal" : "the journal at " + journal_->folder();
  return {ErrorCode::kCorrupt, journal + " is damaged: the chain does not hold at event " +
                                   std::to_string(head().sequence) +
                                   "; keep it, run bwreplay verify on it, and restore it from a copy"};
}

}  // namespace bw
