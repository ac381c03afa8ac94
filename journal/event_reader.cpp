#include "journal/event_reader.h"

#include <algorithm>

#include "journal/known_head.h"

namespace bw {

Result<EventReader> EventReader::open(const JournalReader& journal, Sequence from, bool check_chain) {
  const JournalBounds bounds = journal.bounds();
  from = std::max(from, bounds.first);
  std::optional<Chain> chain;
  if (check_chain) {
    const Result<Head> before = head_at(journal, std::min(from - 1, bounds.head.sequence));
    if (!before) return before.error();
    chain.emplace(*before);
  }
  Result<std::unique_ptr<RecordCursor>> cursor = journal.read(from);
  if (!cursor) return cursor.error();
  EventReader reader(journal, std::move(*cursor));
  reader.chain_ = std::move(chain);
  reader.last_ = bounds.head.sequence;
  return reader;
}

Result<bool> EventReader::next(Event& event) {
  Sequence sequence = 0;
  const Result<bool> more = cursor_->next(sequence, bytes_);
  if (!more || !*more) return more;
  if (chain_) {
    const Head& head = chain_->extend(bytes_);
    const bool stored = sequence % kKeptHashInterval == 0 || sequence == last_;
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
