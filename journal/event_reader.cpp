#include "journal/event_reader.h"

#include <algorithm>

namespace bw {

Result<EventReader> EventReader::open(const JournalReader& journal, Sequence from, bool check_chain) {
  const JournalBounds bounds = journal.bounds();
  from = std::max(from, bounds.first);
  Head start{bounds.first - 1, bounds.previous_hash};
  if (check_chain) {
    // A kept hash to start from: the last one before `from`.
    for (Sequence kept = (from - 1) / kKeptHashInterval * kKeptHashInterval; kept > start.sequence;
         kept -= kKeptHashInterval) {
      if (const std::optional<Sha256> hash = journal.kept_hash(kept)) {
        start = {kept, *hash};
        break;
      }
    }
  }
  Result<std::unique_ptr<RecordCursor>> cursor = journal.read(check_chain ? start.sequence + 1 : from);
  if (!cursor) return cursor.error();
  EventReader reader(journal, std::move(*cursor));
  if (!check_chain) return reader;
  reader.chain_.emplace(start);
  Sequence sequence = 0;
  while (reader.chain_->head().sequence + 1 < from) {
    const Result<bool> more = reader.cursor_->next(sequence, reader.bytes_);
    if (!more) return more.error();
    if (!*more) break;
    reader.chain_->extend(reader.bytes_);
  }
  return reader;
}

Result<bool> EventReader::next(Event& event) {
  Sequence sequence = 0;
  const Result<bool> more = cursor_->next(sequence, bytes_);
  if (!more || !*more) return more;
  if (chain_) {
    const Head& head = chain_->extend(bytes_);
    const bool stored = sequence % kKeptHashInterval == 0 || sequence == journal_->bounds().head.sequence;
    const std::optional<Sha256> kept = stored ? journal_->kept_hash(sequence) : std::nullopt;
    if (kept && *kept != head.hash) {
      return Error{ErrorCode::kCorrupt, "the chain does not hold at event " + std::to_string(sequence) +
                                            ": the events since the kept hash before it are not what was written"};
    }
  }
  if (Result<void> decoded = codec_.decode(sequence, bytes_, event); !decoded) return decoded.error();
  return true;
}

}  // namespace bw
