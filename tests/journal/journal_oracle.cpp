#include "journal_oracle.h"

#include <memory>

namespace bw {

RecordBatch JournalOracle::next(std::size_t count, std::size_t max_size) {
  RecordBatch batch;
  Chain chain(head());
  for (std::size_t i = 0; i < count; ++i) {
    // Random bytes: a record of the same sequence that was lost earlier was another one.
    std::string record(1 + random_() % max_size, '\0');
    for (std::size_t at = 0; at < record.size(); at += 7) record[at] = static_cast<char>(random_());
    hashes_.push_back(chain.extend(record).hash);
    if (chain.head().sequence % kKeptHashInterval == 0) batch.kept.push_back(chain.head());
    records_.push_back(record);
    batch.records.push_back(std::move(record));
  }
  batch.head = chain.head();
  ends_.insert(batch.head.sequence);
  return batch;
}

Head JournalOracle::head_at(Sequence sequence) const {
  return {sequence, sequence == 0 ? Sha256{} : hashes_[sequence - 1]};
}

Head JournalOracle::head() const { return head_at(given()); }

Head JournalOracle::acknowledged_head() const { return head_at(acknowledged_); }

std::optional<std::string> JournalOracle::problem(const JournalReader& journal) const {
  const Head head = journal.bounds().head;
  const auto at = [](Sequence sequence) { return " event " + std::to_string(sequence); };
  if (head.sequence < acknowledged_) {
    return "the journal ends at" + at(head.sequence) + ", but" + at(acknowledged_) + " was acknowledged";
  }
  if (head.sequence > given()) return "the journal ends at" + at(head.sequence) + ", which nobody gave it";
  if (head != head_at(head.sequence)) return "the hash of its head, " + at(head.sequence) + ", is wrong";
  if (!ends_.contains(head.sequence)) return "the journal ends at" + at(head.sequence) + ", within an append";

  const auto cursor = journal.read(1);
  if (!cursor) return cursor.error().message;
  Sequence last = 0;
  std::string_view bytes;
  for (Sequence expected = 1;; ++expected) {
    const Result<bool> more = (*cursor)->next(last, bytes);
    if (!more) return more.error().message;
    if (!*more) {
      if (expected == head.sequence + 1) break;
      return "reading ends before" + at(expected) + ", but the head is" + at(head.sequence);
    }
    if (last != expected) return at(last) + " stands where" + at(expected) + " should be";
    if (last > head.sequence) return at(last) + " is behind the head";
    if (bytes != records_[last - 1]) return at(last) + " has other bytes than it was given";
    if (last % kKeptHashInterval == 0 && journal.kept_hash(last) != hashes_[last - 1]) {
      return "the hash kept at" + at(last) + " is missing or wrong";
    }
  }
  return {};
}

void JournalOracle::adopt(const JournalReader& journal) {
  acknowledged_ = journal.bounds().head.sequence;
  records_.resize(acknowledged_);
  hashes_.resize(acknowledged_);
  ends_.erase(ends_.upper_bound(acknowledged_), ends_.end());
}

}  // namespace bw
