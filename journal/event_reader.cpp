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

// What the cursor says behind the last record that it gives is kept for when that record has been given.
Result<bool> EventReader::read_ahead() {
  constexpr std::size_t kBlockBytes = 32 * 1024;
  ahead_.clear();
  ends_.clear();
  next_ = 0;
  while (more_ && *more_ && ahead_.size() < kBlockBytes) {
    Sequence sequence = 0;
    std::string_view record;
    more_ = cursor_->next(sequence, record);
    if (!more_ || !*more_) break;
    if (ends_.empty()) next_sequence_ = sequence;
    ahead_ += record;
    ends_.push_back(ahead_.size());
  }
  if (ends_.empty()) return more_;
  return true;
}

Result<bool> EventReader::next(Event& event) {
  if (next_ == ends_.size()) {
    const Result<bool> more = read_ahead();
    if (!more || !*more) return more;
  }
  const std::size_t begin = next_ == 0 ? 0 : ends_[next_ - 1];
  bytes_ = std::string_view(ahead_).substr(begin, ends_[next_++] - begin);
  const Sequence sequence = next_sequence_++;
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
